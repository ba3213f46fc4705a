using System.Globalization;

namespace Comptroller.Falcon.Grading;

/// <summary>How a score is computed, for a policy, a type and a whole run alike: over checks, not over policies.</summary>
public static class Scores
{
    /// <summary>Percent of passed checks with two decimals, 0 without checks.</summary>
    /// <remarks>Half to even on the exact value of the binary quotient: reports are compared with those of the tool they replace.</remarks>
    public static double Percent(long checks, long failures)
    {
        if (checks == 0)
        {
            return 0;
        }

        var quotient = (checks - failures) / (double)checks * 100;
        var exact = decimal.Parse(quotient.ToString("F24", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return (double)Math.Round(exact, 2, MidpointRounding.ToEven);
    }
}

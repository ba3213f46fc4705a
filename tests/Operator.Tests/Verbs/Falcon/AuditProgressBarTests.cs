using Comptroller.Falcon.Auditing;
using Comptroller.Operator.Verbs.Falcon;

namespace Comptroller.Operator.Tests.Verbs.Falcon;

public sealed class AuditProgressBarTests
{
    [Fact]
    public void A_terminal_sees_one_line_that_fills_and_goes_at_the_end()
    {
        using var terminal = new StringWriter();
        using (var bar = new AuditProgressBar(terminal))
        {
            bar.Show(new AuditProgress("hosts", 50, 100));
            bar.Show(new AuditProgress("hosts", 130, 100));
            bar.Show(new AuditProgress("reports", 0, 0));
        }

        terminal.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries).ShouldBe(
        [
            "\u001b[K[###############...............] hosts 50/100",
            "\u001b[K[##############################] hosts 130/100",
            "\u001b[K[..............................] reports",
            "\u001b[K",
        ]);
    }

    [Fact]
    public void Nobody_sees_it_where_the_output_goes_into_a_file()
    {
        using var file = new StringWriter();
        using (var bar = AuditProgressBar.Open(file))
        {
            bar.Show(new AuditProgress("hosts", 50, 100));
        }

        file.ToString().ShouldBeEmpty();
    }
}

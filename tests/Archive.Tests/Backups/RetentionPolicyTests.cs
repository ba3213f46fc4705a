using Comptroller.Archive.Backups;

namespace Comptroller.Archive.Tests.Backups;

public sealed class RetentionPolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_count_keeps_the_newest_of_its_period()
    {
        // One every day at noon for 400 days.
        var verdicts = new RetentionPolicy { KeepLast = 2, KeepDaily = 3, KeepWeekly = 2, KeepMonthly = 3, KeepYearly = 2 }.Decide(Daily(400), Now);
        verdicts.Where(verdict => !verdict.Goes).Select(verdict => $"{verdict.Backup.CreatedAt:yyyy-MM-dd} {string.Join(',', verdict.KeptBy)}").ShouldBe(
        [
            "2026-11-21 newest",
            "2026-11-20 last,daily",
            "2026-11-19 daily",
            "2026-11-15 weekly",
            "2026-10-31 monthly",
            "2026-09-30 monthly",
            "2025-12-31 yearly",
        ]);
    }

    [Fact]
    public void Age_alone_keeps_the_young_and_with_counts_takes_the_old()
    {
        new RetentionPolicy { MaxAge = TimeSpan.FromDays(5) }.Decide(Daily(20), Now).Count(verdict => !verdict.Goes).ShouldBe(6);
        new RetentionPolicy { KeepLast = 10, MaxAge = TimeSpan.FromDays(5) }.Decide(Daily(20), Now).Count(verdict => !verdict.Goes).ShouldBe(6);
        new RetentionPolicy().Decide(Daily(20), Now).ShouldAllBe(verdict => !verdict.Goes);
    }

    [Fact]
    public void What_is_locked_is_not_promised_to_go()
    {
        var backups = Daily(5).Select(backup => backup with { LockedUntil = backup.Number == 2 ? Now.AddDays(1) : Now.AddDays(-1) });
        var verdicts = new RetentionPolicy { KeepLast = 1 }.Decide(backups, Now);
        verdicts.Where(verdict => !verdict.Goes).Select(verdict => verdict.Backup.Number).ShouldBe([5, 2]);
        verdicts.Single(verdict => verdict.Backup.Number == 2).KeptBy[0].ShouldStartWith("locked until 2026-11-22");
    }

    [Fact]
    public void Whatever_the_policy_the_newest_and_the_newest_verified_stay_and_more_keeps_never_less()
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var backups = Enumerable.Range(1, random.Next(1, 40))
                .Select(number => new RetainedBackup(number, Now.AddHours(-random.Next(40_000)), random.Next(4) == 0, random.Next(5) == 0 ? Now.AddDays(random.Next(-9, 9)) : null))
                .OrderBy(_ => random.Next())
                .ToList();
            int Count() => random.Next(3) == 0 ? random.Next(6) : 0;
            var policy = new RetentionPolicy { KeepLast = Count(), KeepDaily = Count(), KeepWeekly = Count(), KeepMonthly = Count(), KeepYearly = Count(), MaxAge = random.Next(2) == 0 ? TimeSpan.FromDays(random.Next(1, 900)) : null };

            var verdicts = policy.Decide(backups, Now);

            verdicts.Length.ShouldBe(backups.Count);
            var kept = verdicts.Where(verdict => !verdict.Goes).Select(verdict => verdict.Backup.Number).ToHashSet();
            kept.ShouldContain(backups.Max(backup => backup.Number));
            if (backups.Where(backup => backup.IsVerified).MaxBy(backup => backup.Number) is { } verified)
            {
                kept.ShouldContain(verified.Number);
            }

            verdicts.Where(verdict => verdict.Goes).ShouldAllBe(verdict => !(verdict.Backup.LockedUntil > Now));
            if (policy.KeepLast > 0 && policy.MaxAge is null)
            {
                kept.Count.ShouldBeGreaterThanOrEqualTo(Math.Min(policy.KeepLast, backups.Count));
            }

            var more = (policy with { KeepLast = policy.KeepLast + 1, KeepWeekly = policy.KeepWeekly + 1 }).Decide(backups, Now).Where(verdict => !verdict.Goes).Select(verdict => verdict.Backup.Number).ToHashSet();
            if (policy is { KeepLast: > 0 } or { MaxAge: null, KeepDaily: > 0 })
            {
                kept.IsSubsetOf(more).ShouldBeTrue();
            }

            // Deciding again over what is left takes nothing more.
            policy.Decide(verdicts.Where(verdict => !verdict.Goes).Select(verdict => verdict.Backup), Now).Count(verdict => verdict.Goes).ShouldBe(0);
        }
    }

    private static IEnumerable<RetainedBackup> Daily(int count) => Enumerable.Range(1, count).Select(number => new RetainedBackup(number, Now.AddDays(number - count), false, null));
}

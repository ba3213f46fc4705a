using Comptroller.Drift.Events;

namespace Comptroller.Drift.Intake;

/// <summary>
/// Events that were written lately, so that one that is delivered again, or told of when it begins and when it is done, counts once. Some 60 000 of
/// them in half a mebibyte, whatever comes: the oldest go. A watch that starts knows none.
/// </summary>
internal sealed class RecentEvents
{
    private const int Places = 1 << 16;

    // A mark may be in any place of its set, which is one line of the processor's cache; the newest stands first.
    private const int Ways = 8;

    private readonly Lock _gate = new();
    private readonly ulong[] _marks = new ulong[Places];

    /// <summary>
    /// The events of one write. Others know them once it is done: an event that is then sent again, because the disk was full, is to count.
    /// </summary>
    public sealed class Batch(RecentEvents recent)
    {
        private readonly HashSet<ulong> _taken = [];
        private readonly HashSet<ulong> _met = [];

        /// <summary>Whether an event counts.</summary>
        public bool Takes(EventMark mark)
        {
            if (Knows(mark.Record, mark.IsDetailed))
            {
                return false;
            }

            Take(mark.Record, mark.IsDetailed);
            if (Knows(mark.Meets, mark.IsDetailed) && _met.Add(mark.Meets))
            {
                return false;
            }

            Take(mark.Leaves, mark.IsDetailed);
            _met.Remove(mark.Leaves);
            return true;
        }

        /// <summary>They are on disk.</summary>
        public void Keep()
        {
            recent.Keep(_taken, _met);
            Clear();
        }

        /// <summary>They are not.</summary>
        public void Clear()
        {
            _taken.Clear();
            _met.Clear();
            if (_taken.Capacity > Places)
            {
                // One batch of the longest bodies must not hold its memory for good.
                _taken.TrimExcess();
            }
        }

        private bool Knows(ulong mark, bool isDetailed) => mark != 0
            && (_taken.Contains(Written(mark, isDetailed: true)) || (!isDetailed && _taken.Contains(Written(mark, isDetailed: false))) || recent.Knows(mark, isDetailed));

        private void Take(ulong mark, bool isDetailed)
        {
            if (mark != 0)
            {
                _taken.Add(Written(mark, isDetailed));
            }
        }
    }

    private bool Knows(ulong mark, bool isDetailed)
    {
        lock (_gate)
        {
            var set = Set(mark);
            return set.Contains(Written(mark, isDetailed: true)) || (!isDetailed && set.Contains(Written(mark, isDetailed: false)));
        }
    }

    private void Keep(HashSet<ulong> taken, HashSet<ulong> met)
    {
        lock (_gate)
        {
            foreach (var mark in taken)
            {
                var set = Set(mark);
                if (!set.Contains(mark))
                {
                    set[..^1].CopyTo(set[1..]);
                    set[0] = mark;
                }
            }

            foreach (var mark in met)
            {
                var set = Set(mark);
                set.Replace(Written(mark, isDetailed: true), 0UL);
                set.Replace(Written(mark, isDetailed: false), 0UL);
            }
        }
    }

    // Both writings of a mark are of one set.
    private Span<ulong> Set(ulong mark) => _marks.AsSpan((int)((mark >> 1) % (Places / Ways)) * Ways, Ways);

    private static ulong Written(ulong mark, bool isDetailed) => isDetailed ? mark | 1 : mark & ~1UL;
}

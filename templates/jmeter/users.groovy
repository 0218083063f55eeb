/** Lets the users of a closed load through; JMeter's own ramp only goes up, its own end cuts iterations off. */
@CompileStatic
class Users {
    private final long delay, end, iterations
    private final int from
    private final List<List<Integer>> stages
    private final AtomicLong begin = new AtomicLong(), started = new AtomicLong()

    /** Begins `delay` ms after the setUp with `from` users; a stage is [its ms, the users at its end]. */
    Users(long delay, int from, List<List<Integer>> stages, long iterations = Long.MAX_VALUE) {
        this.delay = delay
        this.from = from
        this.stages = stages
        this.iterations = iterations
        end = (stages.sum { it[0] as long } ?: 0L) as long
    }

    /** Waits for the turn of this user; the number of its iteration, or -1 when there are no more. */
    long next(JMeterContext ctx) {
        begin.compareAndSet(0, System.currentTimeMillis() + delay)
        while (Run.runs(ctx)) {
            long now = System.currentTimeMillis() - begin.get(), turn = turn(Math.max(now, 0L), ctx.threadNum)
            if (turn >= end) break
            if (turn <= now) {
                long n = started.getAndIncrement()
                return n < iterations ? n : -1
            }
            if (!Run.waited(turn - now)) break
        }
        -1
    }

    /** When, from t on, user k may begin: once a ramp up has reached k + 1 users, until a ramp down has reached k, as in k6. */
    private long turn(long t, int k) {
        long passed = 0
        double users = from
        for (stage in stages) {
            double change = stage[1] - users
            long at = Math.max(t - passed, 0L)
            if (at < stage[0]) {
                double now = users + change * at / stage[0]
                if (change < 0 ? now > k : now >= k + 1) return passed + at
                if (users + change >= k + 1) return passed + (long) Math.ceil((k + 1 - users) * stage[0] / change)
            }
            passed += stage[0]
            users = stage[1]
        }
        end
    }
}

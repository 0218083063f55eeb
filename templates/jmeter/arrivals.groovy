/** Lets arrivals through at their times, whoever is free; without a free user for 100 ms one is dropped. */
class Arrivals {
    private static final long LATE = 100
    private final long delay, unit
    private final int from, first
    private final List<List<Integer>> stages
    private final AtomicLong begin = new AtomicLong(), planned = new AtomicLong(), started = new AtomicLong()
    private final CountDownLatch ready
    final AtomicLong dropped = new AtomicLong()

    /** Begins `delay` ms after all `users` are there with `from` in `unit` ms; a stage is [its ms, the rate at its end]. Arrival n comes when n + first are due. */
    Arrivals(long delay, int users, long unit, int from, List<List<Integer>> stages, int first) {
        ready = new CountDownLatch(users)
        this.delay = delay
        this.unit = unit
        this.from = from
        this.stages = stages
        this.first = first
    }

    /** Waits for an arrival; the number of its iteration, or -1 when there are no more. */
    long next(JMeterContext ctx) {
        if (ctx.variables.iteration == 1) {
            ready.countDown()
            try { ready.await(10, TimeUnit.SECONDS) } catch (InterruptedException ignored) { return -1 }
            begin.compareAndSet(0, System.currentTimeMillis() + delay)
        }
        while (Run.runs(ctx)) {
            double due = due(planned.getAndIncrement() + first)
            if (due.naN) break
            long at = begin.get() + (long) due
            if (System.currentTimeMillis() - at > LATE) {
                dropped.incrementAndGet()
                continue
            }
            for (long left = at - System.currentTimeMillis(); left > 0; left = at - System.currentTimeMillis()) {
                if (!Run.runs(ctx) || !Run.waited(left)) return -1
            }
            return started.getAndIncrement()
        }
        -1
    }

    /** When that many arrivals are due, in ms; NaN after the last stage. */
    private double due(double arrivals) {
        double rate = from / (double) unit, time = 0, rounding = first ? 1e-6 : -1e-6
        for (stage in stages) {
            double length = stage[0], target = stage[1] / (double) unit, slope = (target - rate) / length
            double here = length * (rate + target) / 2
            if (arrivals < here + rounding && here > 0) {
                return time + (slope == 0d ? arrivals / rate : (Math.sqrt(Math.max(rate * rate + 2 * slope * arrivals, 0d)) - rate) / slope)
            }
            arrivals -= here
            time += length
            rate = target
        }
        Double.NaN
    }
}

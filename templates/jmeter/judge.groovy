/** Judges the rows of this run: inclusive limits, percentiles by nearest rank, no samples = missed. */
@CompileStatic
class Judge {
    /** The rows of one subject. */
    static class Series {
        final TreeMap<Long, Integer> times = new TreeMap<>()
        int samples, errors

        /** A time below 0 is none: a request without an answer counts, and has no time. */
        void add(boolean ok, long time) {
            samples++
            if (!ok) errors++
            if (time >= 0) times[time] = times.getOrDefault(time, 0) + 1
        }

        Double value(String stat, double seconds) {
            if (!samples) return null
            if (stat == 'errors') return errors / (double) samples
            if (stat == 'rate') return samples / seconds
            if (!times) return null
            if (stat == 'min') return times.firstKey().doubleValue()
            if (stat == 'max') return times.lastKey().doubleValue()
            int count = times.values().sum() as int
            if (stat == 'avg') return (times.collect { ms, n -> ms * (double) n }.sum() as double) / count
            long rank = (stat.substring(1).toBigDecimal() * count / 100).setScale(0, RoundingMode.CEILING).longValue()
            for (entry in times) if ((rank -= entry.value) <= 0) return entry.key.doubleValue()
            null
        }
    }

    final List<List<Object>> limits
    private final Map<String, List<String>> metrics
    private final Map<String, Series> series = new HashMap<String, Series>().withDefault { new Series() }
    private long begin = Long.MAX_VALUE, end = 0

    /** `limits`: [subject, kind, stat, relation, limit]; `metrics`: what the rows without error of a label count for too. */
    Judge(List<List<Object>> limits, Map<String, List<String>> metrics) {
        this.limits = limits
        this.metrics = metrics
    }

    synchronized void add(String label, boolean call, boolean answered, boolean ok, long start, long elapsed, long connect) {
        def own = (call ? 'call ' : 'own ') + label
        long time = answered ? elapsed - connect : -1
        series[own].add(ok, time)
        if (ok) for (metric in metrics.getOrDefault(own, [])) series['own ' + metric].add(true, time)
        if (!call) return
        series['all'].add(ok, time)
        begin = Math.min(begin, start)
        end = Math.max(end, start + elapsed)
    }

    synchronized int samples(String subject) { series[subject].samples }

    synchronized Double value(List<Object> limit) {
        series[subject(limit)].value(limit[2] as String, Math.max(end - begin, 1) / 1000d)
    }

    static String subject(List<Object> limit) {
        limit[1] == 'all' ? 'all' : (limit[1] == 'call' ? 'call ' : 'own ') + limit[0]
    }

    static boolean met(Double value, List<Object> limit) {
        def bound = (limit[4] as Number).doubleValue()
        value != null && (limit[3] == '<=' ? value <= bound : value >= bound)
    }

    /** Adds the rows that began in this run, of a file that JMeter appends to; the errors of scripts among them. */
    List<String> read(File file, long from, long until) {
        List<String> broken = []
        file.withReader('UTF-8') { Reader text ->
            def reader = new BufferedReader(text)
            def columns = CSVSaveService.csvReadFile(reader, ',' as char).toList()
            int[] at = ['timeStamp', 'elapsed', 'label', 'responseCode', 'responseMessage', 'success', 'failureMessage', 'URL', 'Connect'].collect { columns.indexOf(it) } as int[]
            for (String[] row = CSVSaveService.csvReadFile(reader, ',' as char); row.length; row = CSVSaveService.csvReadFile(reader, ',' as char)) {
                long start = row[at[0]] as long, elapsed = row[at[1]] as long
                if (start < from || start + elapsed > until) continue
                for (said in [row[at[4]], row[at[6]]]) if (said.startsWith('javax.script.ScriptException')) broken << row[at[2]] + ': ' + said
                boolean answered = !row[at[3]].startsWith('Non HTTP'), call = !answered || !(row[at[7]] in ['', 'null'])
                add(row[at[2]], call, answered, row[at[5]] == 'true', start, elapsed, row[at[8]] as long)
            }
        }
        broken
    }

    /** Says how each limit was kept; 99 when one was missed, 98 when a script failed, else 0. */
    int verdict(Run run, File file) {
        def broken = read(file, run.start, run.until)
        broken.toUnique().each { println 'FAIL ' + it }
        def missed = limits.findAll { limit ->
            def value = run.aborted.getOrDefault(limit, value(limit))
            def kept = met(value, limit) && !run.aborted.containsKey(limit)
            println((kept ? 'ok   ' : 'FAIL ') + [limit[0], limit[2], value == null ? 'no samples' : shown(value), limit[3], limit[4]].join(' '))
            !kept
        }
        broken ? 98 : missed ? 99 : 0
    }

    private static String shown(double value) { value.round(4).toBigDecimal().stripTrailingZeros().toPlainString() }
}

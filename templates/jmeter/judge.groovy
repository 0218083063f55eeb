/** Judges the rows of this run: inclusive limits, percentiles by nearest rank, no samples = missed. */
@CompileStatic
class Judge {
    /** Rows of one subject. A request without an answer counts, and has no time. */
    static class Series {
        final TreeMap<Long, Integer> times = new TreeMap<>()
        int samples, errors

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
        def subjects = call ? [own, 'all'] : [own]
        if (ok) subjects += metrics.getOrDefault(own, []).collect { 'own ' + it }
        for (subject in subjects) {
            def one = series[subject]
            one.samples++
            if (!ok) one.errors++
            if (answered) one.times.merge(elapsed - connect, 1) { a, b -> a + b }
        }
        if (!call) return
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
            for (String[] row = CSVSaveService.csvReadFile(reader, ',' as char); row.length; row = CSVSaveService.csvReadFile(reader, ',' as char)) {
                def value = { String column -> row[columns.indexOf(column)] }
                long start = value('timeStamp').toLong(), elapsed = value('elapsed').toLong()
                if (start < from || start + elapsed > until) continue
                def failure = [value('responseMessage'), value('failureMessage')].find { it.startsWith('javax.script.ScriptException') }
                if (failure) broken << value('label') + ': ' + failure
                boolean answered = value('responseCode').integer, call = !answered || !(value('URL') in ['', 'null'])
                add(value('label'), call, answered, value('success') == 'true', start, elapsed, value('Connect').toLong())
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

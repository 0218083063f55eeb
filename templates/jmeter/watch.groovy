/** Ends the run as soon as a limit that says so is missed, from its tenth sample on. */
class Watch {
    final Judge judge

    Watch(Run run, JMeterContext ctx, Judge judge) {
        this.judge = judge
        def engine = ctx.engine
        Thread.startDaemon('watch the limits') {
            while (run.until == Long.MAX_VALUE) {
                sleep(1000)
                def missed = judge.limits.findAll { judge.samples(Judge.subject(it)) >= 10 && !Judge.met(judge.value(it), it) }
                if (!missed) continue
                missed.each { run.aborted[it] = judge.value(it) }
                run.until = System.currentTimeMillis()
                engine.stopTest(true)
            }
        }
    }
}

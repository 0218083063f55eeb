#!/bin/sh
# JMeter without its window: the openings that it needs from a Java of today, and a heap that leaves room for others.
# JVM_ARGS comes last and wins.
home=$(dirname "$(readlink -f "$0")")/../${JMETER_FOLDER:-jmeter}
for package in java.lang java.lang.invoke java.lang.reflect java.text java.util; do
    opens="${opens-}--add-opens=java.base/$package=ALL-UNNAMED "
done
for package in java.awt java.awt.font javax.swing.text.html sun.awt sun.swing; do
    opens="$opens--add-opens=java.desktop/$package=ALL-UNNAMED "
done
# shellcheck disable=SC2086 # both are lists of words
exec java -Djava.awt.headless=true -Djava.util.prefs.userRoot="$home/prefs" -Xms128m -Xmx768m -XX:MaxMetaspaceSize=256m $opens ${JVM_ARGS-} \
    -jar "$home/bin/ApacheJMeter.jar" "$@"

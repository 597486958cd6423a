#!/bin/sh
# A Kafka broker for the tests of `tare send`, by Maven: some 100 MB, once, into ~/.cache/tare/kafka. Needs Java 17 and Maven.
#   fetch-kafka.sh
set -eu
cd "$(dirname "$0")/.."

folder=${XDG_CACHE_HOME:-$HOME/.cache}/tare/kafka
for program in java mvn; do
    command -v "$program" >/dev/null || {
        echo "fetch-kafka: there is no $program: apt-get install default-jre-headless maven" >&2
        exit 3
    }
done
if [ ! -e "$folder/whole" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    mvn -q -B -f test/send/broker/pom.xml dependency:copy-dependencies "-DoutputDirectory=$folder"
    : >"$folder/whole"
fi

#!/bin/sh
# Runs one job and reports. One virtio disk holds the job as a tar archive, another takes its results as one. Two virtio ports
# take its output as it comes and its exit status.
for module in virtio_pci virtio_console virtio_blk; do modprobe -q "$module"; done

# Prints the device of a disk by its serial number.
disk() {
    tries=0
    while [ "$tries" -lt 100 ]; do
        for folder in /sys/block/vd*; do
            if [ "$(cat "$folder/serial" 2>/dev/null)" = "$1" ]; then
                echo "/dev/${folder##*/}"
                return
            fi
        done
        tries=$((tries + 1))
        sleep 0.1
    done
    echo "tare-job: there is no virtio disk $1" >&2
    echo /dev/null
}

# Prints the device of a port by its name; the ports may come up a moment after the driver.
port() {
    tries=0
    while [ "$tries" -lt 100 ]; do
        for folder in /sys/class/virtio-ports/*; do
            if [ "$(cat "$folder/name" 2>/dev/null)" = "$1" ]; then
                echo "/dev/${folder##*/}"
                return
            fi
        done
        tries=$((tries + 1))
        sleep 0.1
    done
    echo "tare-job: there is no virtio port $1" >&2
    echo /dev/console
}

output=$(port tare.output)
exit_status=$(port tare.exit)
job=$(disk tare-job)
results=$(disk tare-results)
mkdir -p /job/results
for folder in /sys/block/vd*; do
    [ "$(cat "$folder/serial" 2>/dev/null)" = tare-payload ] || continue
    mkdir -p /payload
    mount -o ro,noload "/dev/${folder##*/}" /payload
done
cd /job || exit 1
{
    tar --ignore-zeros -xf "$job"
    if [ -d tare ] && [ -d /payload/node_modules ]; then
        ln -s /payload/node_modules tare/node_modules
        cp -R /payload/build tare/build
    fi
    sh ./run
    echo $? >/run/tare-status
} </dev/null >"$output" 2>&1
tar -C /job/results -cf - . >"$results"
sync
cat /run/tare-status >"$exit_status"

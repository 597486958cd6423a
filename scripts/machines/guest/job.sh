#!/bin/sh
# Runs one job and reports. One virtio disk holds the job as a tar archive, another takes its results as one. Two virtio ports
# take its output as it comes and its exit status.
for module in virtio_pci virtio_console virtio_blk; do modprobe -q "$module"; done

# Prints the device of a disk by its serial number, or of a port by its name, or $2; they may come up a moment after the driver.
device() {
    for _ in $(seq 100); do
        for file in /sys/block/vd*/serial /sys/class/virtio-ports/*/name; do
            if [ "$(cat "$file" 2>/dev/null)" = "$1" ]; then
                basename "${file%/*}" | sed 's,^,/dev/,'
                return
            fi
        done
        sleep 0.1
    done
    echo "tare-job: there is no virtio disk or port $1" >&2
    echo "$2"
}

output=$(device tare.output /dev/console)
exit_status=$(device tare.exit /dev/console)
job=$(device tare-job /dev/null)
results=$(device tare-results /dev/null)
mkdir -p /job/results /payload
# There is none where the clone does not come along.
mount -o ro,noload LABEL=tare-payload /payload 2>/dev/null
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

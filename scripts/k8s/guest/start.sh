#!/bin/sh
# In the guest: a node of Debian's packages, with the kubelet and the images that came along in /payload, and what is told of its cluster in /job.
#
#   start.sh NODE KUBELET_PORT
#
# Runs until the guest is switched off. Nothing is fetched from anywhere.
set -eu
node=$1
port=$2
say() { printf 'node: %s s: %s\n' "$(cut -d ' ' -f 1 /proc/uptime)" "$*"; }

say "$(uname -sr), cgroup $(stat -f -c %T /sys/fs/cgroup), security modules $(cat /sys/kernel/security/lsm)"
install -d -m 700 /root/.ssh
install -m 600 /job/ssh.pub /root/.ssh/authorized_keys

modprobe -a overlay br_netfilter
hostname "$node"
install -D -m 644 /payload/containerd.toml /etc/containerd/config.toml
install -D -m 644 /payload/pods.conflist /etc/cni/net.d/10-pods.conflist
systemctl restart containerd
# Each import is a name below which the tag comes that the archive has.
for image in /payload/images/*.tar; do
    name=${image##*/}
    say "importing ${name%.tar}"
    ctr --namespace k8s.io images import --base-name "localhost/${name%.tar}" "$image" >/dev/null
done
ctr --namespace k8s.io images list --quiet

install -d /etc/kubernetes /var/log/pods
install -m 600 /job/kubeconfig /etc/kubernetes/kubeconfig
install -m 644 /payload/kubelet.yaml /etc/kubernetes/kubelet.yaml
cat >/etc/systemd/system/kubelet.service <<UNIT
[Unit]
After=containerd.service
[Service]
ExecStart=/payload/kubelet --config=/etc/kubernetes/kubelet.yaml --kubeconfig=/etc/kubernetes/kubeconfig --port=$port --hostname-override=$node --cloud-provider=external
Restart=always
RestartSec=2
UNIT
systemctl daemon-reload
systemctl start kubelet
say "the kubelet is started"

# What the node sees, whoever says what: each change of it, with the seconds since boot.
last=""
while :; do
    processes=$(pgrep -c -x tare-sensor || true)
    programs=$(bpftool prog show | grep -c -E '^[0-9]+: (tracing|tracepoint|raw_tracepoint|kprobe)' || true)
    now="$processes processes of the sensor, $programs tracing programs"
    if [ "$now" != "$last" ]; then
        printf '%s %s\n' "$(cut -d ' ' -f 1 /proc/uptime)" "$now" >>/run/sightings
        last=$now
    fi
    sleep 1
done

#!/bin/sh
# Finishes an installed tree as a box: the user that Vagrant logs in as, DHCP, keys made at the first start, no timers that
# would disturb a measurement, no sensor enabled. $1 is the tree; TARE_SERVICES are the sensors' services.
set -eu
root=$1

chroot "$root" useradd --create-home --shell /bin/bash vagrant
chroot "$root" passwd --quiet --lock root
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/vagrant"
chmod 0440 "$root/etc/sudoers.d/vagrant"
# Vagrant's public key for boxes, which is no secret: https://github.com/hashicorp/vagrant/tree/main/keys
mkdir -p "$root/home/vagrant/.ssh"
cat >"$root/home/vagrant/.ssh/authorized_keys" <<'KEY'
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN1YdxBpNlzxDqfJyw/QKow1F+wvG9hXGoqiysfJOn5Y vagrant insecure public key
ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ== vagrant insecure public key
KEY
chmod 0700 "$root/home/vagrant/.ssh"
chmod 0600 "$root/home/vagrant/.ssh/authorized_keys"
chroot "$root" chown -R vagrant:vagrant /home/vagrant/.ssh

echo tare-guest >"$root/etc/hostname"
echo "127.0.0.1 localhost tare-guest" >"$root/etc/hosts"
: >"$root/etc/machine-id"
echo 'LABEL=tare-root / ext4 defaults,noatime 0 1' >"$root/etc/fstab"
cat >"$root/etc/systemd/network/80-dhcp.network" <<'NETWORK'
[Match]
Name=e*

[Network]
DHCP=ipv4

[DHCPv4]
ClientIdentifier=mac
NETWORK

# One kind of host key, made when the guest starts first: an image that carries one gives every guest the same.
rm -f "$root"/etc/ssh/ssh_host_*
echo 'HostKey /etc/ssh/ssh_host_ed25519_key
UseDNS no' >"$root/etc/ssh/sshd_config.d/tare.conf"
mkdir -p "$root/etc/systemd/system/ssh.service.d"
cat >"$root/etc/systemd/system/ssh.service.d/key.conf" <<'UNIT'
[Service]
ExecStartPre=
ExecStartPre=/bin/sh -c 'test -s /etc/ssh/ssh_host_ed25519_key || ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key'
ExecStartPre=/usr/sbin/sshd -t
UNIT

# Only started when the kernel's command line asks for it (systemd.wants=tare-job.service).
cat >"$root/etc/systemd/system/tare-job.service" <<'UNIT'
[Unit]
Description=One job from outside, and its result
After=multi-user.target

[Service]
Type=oneshot
Environment=HOME=/root
ExecStart=/usr/local/sbin/tare-job
ExecStopPost=/bin/systemctl poweroff --force
UNIT

chroot "$root" systemctl enable systemd-networkd.service
chroot "$root" systemctl mask systemd-networkd-wait-online.service serial-getty@.service getty@tty1.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
    man-db.timer logrotate.timer systemd-rfkill.socket
for unit in $TARE_SERVICES; do
    if [ -e "$root/lib/systemd/system/$unit.service" ] || [ -e "$root/etc/init.d/$unit" ]; then
        chroot "$root" systemctl disable "$unit.service" || true
    fi
done
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*.log

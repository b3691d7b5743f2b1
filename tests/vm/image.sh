#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# image.sh CACHE: prints a folder below CACHE with a Debian 12 machine for QEMU: disk.raw (systemd,
# docker.io, auditd, python3 for listings; every package as Debian ships it, but for what guest_files
# adds), vmlinuz and initrd. It is made once from a description, which is this script and the agent:
# another description makes another folder. Nothing of harden is in it, and it was never booted.
# Exit status 77, with the reason, where it cannot be made.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/debian.sh"

mkdir -p "$1"
cache=$(cd "$1" && pwd)
image=$cache/vm-$(cat "$0" "$here/agent" | sha256sum | cut -c1-12)
new=$image.new
tree=$new/tree

# libyaml, jansson, libcrypto, augeas, libcurl and libaudit are what harden needs; the rest makes a
# host: what minbase leaves out of a plain installation.
packages=systemd,systemd-sysv,udev,dbus,kmod,procps,iproute2,iptables,e2fsprogs
packages=$packages,docker.io,auditd,linux-image-cloud-amd64,busybox-static,python3-minimal
packages=$packages,libyaml-0-2,libjansson4,libssl3,libaugeas0,augeas-lenses,libcurl4,libaudit1

cannot() {
	echo "image: $*" >&2
	exit 77
}

# A disk, no terminal, no network, no work of its own in the background; and the agent.
guest_files() {
	echo '/dev/vda / ext4 defaults,errors=remount-ro 0 1' >"$tree/etc/fstab"
	echo harden-vm >"$tree/etc/hostname"
	echo '127.0.0.1 localhost harden-vm' >"$tree/etc/hosts"
	tr -d - </proc/sys/kernel/random/uuid >"$tree/etc/machine-id"
	for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
		e2scrub_reap.service fstrim.timer getty@.service serial-getty@.service; do
		ln -sf /dev/null "$tree/etc/systemd/system/$unit"
	done
	install -m 755 "$here/agent" "$tree/usr/local/sbin/vm-agent"
	cat >"$tree/etc/systemd/system/vm-agent.service" <<-'UNIT'
		[Unit]
		Description=Commands from outside
		[Service]
		ExecStart=/usr/local/sbin/vm-agent
		Environment=HOME=/root LANG=C.UTF-8
		Restart=always
		OOMScoreAdjust=-900
		[Install]
		WantedBy=multi-user.target
	UNIT
	systemctl --quiet --root="$tree" enable vm-agent.service
}

# busybox and the modules of a virtio disk: a small part of what initramfs-tools would make.
make_initrd() {
	initrd=$new/initrd.tree
	mkdir -p "$initrd/bin" "$initrd/modules" "$initrd/dev" "$initrd/root"
	cp "$tree/bin/busybox" "$initrd/bin/"
	number=10
	chroot "$tree" modprobe -S "$(ls "$tree/lib/modules")" -a --show-depends virtio_pci virtio_blk ext4 |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$new/modules"
	while read -r module; do
		cp "$tree$module" "$initrd/modules/$number.ko"
		number=$((number + 1))
	done <"$new/modules"
	cat >"$initrd/init" <<-'INIT'
		#!/bin/busybox sh
		b=/bin/busybox
		$b mount -t devtmpfs dev /dev
		for module in /modules/*.ko; do $b insmod $module; done
		until [ -b /dev/vda ]; do $b usleep 20000; done
		$b mount -t ext4 -o ro /dev/vda /root && $b umount /dev && exec $b switch_root /root /sbin/init
		exec $b sh
	INIT
	chmod 755 "$initrd/init"
	(cd "$initrd" && find . | bin/busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$new/initrd"
	rm -rf "$initrd" "$new/modules"
}

# A container image that needs no registry: docker import reads it.
make_busybox() {
	root=$new/busybox
	mkdir -p "$root/bin" "$root/etc" "$root/tmp"
	cp "$tree/bin/busybox" "$root/bin/"
	for name in $("$root/bin/busybox" --list); do
		[ -e "$root/bin/$name" ] || ln -s busybox "$root/bin/$name"
	done
	tar -C "$root" -c . >"$tree/root/busybox.tar"
	rm -rf "$root"
}

make_disk() {
	truncate -s 4G "$new/disk.raw"
	mke2fs -q -t ext4 -L root -d "$tree" "$new/disk.raw"
	rm -rf "$tree"
}

[ "$(id -u)" -eq 0 ] || cannot "only root can make a tree whose files have several owners"
for tool in mmdebstrap qemu-system-x86_64 qemu-img mke2fs; do
	command -v "$tool" >/dev/null || cannot "$tool is not installed"
done
exec 9>"$cache/vm.build.lock"
flock 9
if [ ! -d "$image" ]; then
	rm -rf "$new"
	mkdir -p "$new"
	# Our own small one instead of the package's.
	INITRD=No make_debian "$tree" bookworm "$packages" --dpkgopt=force-unsafe-io ||
		cannot "mmdebstrap failed: $(tail -n 3 "$tree.log")"
	guest_files
	cp "$tree"/boot/vmlinuz-* "$new/vmlinuz"
	make_initrd
	make_busybox
	make_disk
	mv "$new" "$image"
fi
echo "$image"

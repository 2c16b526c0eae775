#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# First process of the virtual machine: finds its two disks, then becomes systemd on the first one. The
# second one, the tree under test, is mounted at /toastainer.
set -e
mount -t proc proc /proc
mount -t devtmpfs dev /dev
while read -r module; do
	insmod "/$module"
done </modules
for disk in vda vdb; do
	until [ -e /dev/$disk ]; do
		sleep 0.05
	done
done
mount -t ext4 /dev/vda /newroot
mount -t ext4 -o ro /dev/vdb /newroot/toastainer
umount /proc
mount -o move /dev /newroot/dev
exec switch_root /newroot /sbin/init

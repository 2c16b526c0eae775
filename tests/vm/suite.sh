#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# In the virtual machine, as root, in a service with a delegated control group: runs the command in
# /toastainer/command as the user it was asked for, and ends the machine. ttyS1 gets what it prints, ttyS2
# the tests' report and a last line with its exit status.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
# shellcheck disable=SC1091 # written for each boot
. /toastainer/environment
mkdir -m 1777 /run/suite
out=/run/suite/out
: >$out
: >"$TOASTAINER_TEST_REPORT"
chmod 666 $out "$TOASTAINER_TEST_REPORT"
for tty in /dev/ttyS1 /dev/ttyS2; do
	stty -F $tty raw -echo
done
tail -q -s 0.5 -f $out >/dev/ttyS1 &
tail -q -s 0.5 -f "$TOASTAINER_TEST_REPORT" >/dev/ttyS2 &

modprobe -a tun fuse # nothing asks for them by itself
echo "machine up after $(cut -d' ' -f1 /proc/uptime) s, $(uname -r), $TOASTAINER_VM" >>$out
if [ "$TOASTAINER_VM" = user ]; then
	systemctl start "user@$(id -u tester).service"
	variables=$(sed -n 's/^export \([A-Z_]*\)=.*/-E \1/p' /toastainer/environment)
	# A unit of the user's own service manager, which delegates a control group to it.
	# shellcheck disable=SC2086 # options
	setpriv --reuid=tester --regid=tester --init-groups env HOME=/home/tester USER=tester \
		XDG_RUNTIME_DIR="/run/user/$(id -u tester)" \
		systemd-run --user --quiet --wait -p Delegate=yes -p WorkingDirectory=/tmp -E LANG -E PATH $variables \
		-p StandardOutput=append:$out -p StandardError=append:$out -p LimitNOFILE=1024:4096 \
		/bin/sh /toastainer/command
else
	cd /tmp && HOME=/root /bin/sh /toastainer/command >>$out 2>&1
fi
status=$?
sleep 1
kill %1 %2
wait
echo "{\"status\": $status}" >/dev/ttyS2
sync
echo o >/proc/sysrq-trigger

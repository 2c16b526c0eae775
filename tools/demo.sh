#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `make demo`: a root file system from nothing, an image built by a script inside it, a program run in it that
# can reach nothing else. Prints each command, what it did, and how long it took.
#	tools/demo.sh [BUILD-DIR]
set -euo pipefail

toastainer=$(realpath "${1:-build}")/toastainer
place=$(mktemp -d "${TMPDIR:-/tmp}/toastainer-demo.XXXXXX")
trap 'rm -rf --one-file-system "$place"' EXIT
cd "$place"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' off=$'\e[0m'
else
	bold='' dim='' green='' off=''
fi

part=0
names=() times=()

title() {
	part=$((part + 1))
	printf '\n%s%d. %s%s\n' "$bold" "$part" "$1" "$off"
	names+=("$1")
}

# do_it COMMAND...: as the user would type it; indents what it prints, notes how long it took.
do_it() {
	local start end shown
	printf -v shown ' %q' "${@:2}"
	printf '%s$ toastainer%s%s\n' "$green" "$shown" "$off"
	start=${EPOCHREALTIME/[.,]/}
	"$@" >output 2>&1 || { cat output >&2; echo "demo: that failed" >&2; exit 1; }
	end=${EPOCHREALTIME/[.,]/}
	sed 's/^/    /' output
	times+=($((end - start)))
	printf '    %s%d.%d ms%s\n' "$dim" $(((end - start) / 1000)) $(((end - start) % 1000 / 100)) "$off"
}

title 'A root file system from nothing'
do_it "$toastainer" image bootstrap image

title 'An image, built by a script inside it'
cat >setup.sh <<'SCRIPT'
#!/bin/sh -e
# Runs inside, as root with docker's capabilities, with the host's network and name servers.
mkdir -p /srv/www
echo 'Hello from the image.' > /srv/www/index.html
printf '#!/bin/sh\necho "$(cat /srv/www/index.html) I am $(id -un), on $(hostname)."\n' > /usr/local/bin/hello
chmod 755 /usr/local/bin/hello
echo "built: $(find /srv /usr/local -type f | wc -l) files, by $(id -un)"
SCRIPT
sed "s/^/    $dim/; s/\$/$off/" setup.sh
do_it "$toastainer" --create_image=image --use_script=setup.sh

title 'A program in it'
do_it "$toastainer" run -c image -u 0 -g 0 -- /usr/local/bin/hello

title 'What it can reach: nothing else'
cat >look.sh <<'SCRIPT'
echo "processes:    $(ls -d /proc/[0-9]* | wc -l), the shell is pid $$"
echo "interfaces:   $(ls /sys/class/net 2>/dev/null || sed 1,2d /proc/net/dev | cut -d: -f1 | tr -d ' \n')"
echo "capabilities: $(sed -n 's/CapEff:\t//p' /proc/self/status)"
echo "host's files: $(ls /../../.. | tr '\n' ' ')"
touch /srv/www/x 2>/dev/null && echo 'the image was changed!' || echo 'the image:    read-only'
SCRIPT
do_it "$toastainer" run -c image -R "$place/look.sh:/look.sh" -- /bin/sh /look.sh

title 'And again, a hundred times'
hundred() {
	for _ in $(seq 100); do
		"$@" </dev/null
	done
}
start=${EPOCHREALTIME/[.,]/}
hundred "$toastainer" run -c image -- /bin/true
each=$(((${EPOCHREALTIME/[.,]/} - start) / 100))
printf '    %s$ toastainer run -c image -- /bin/true%s\n    %d.%02d ms each, with its namespaces, mounts and clean-up\n' \
	"$green" "$off" $((each / 1000)) $((each % 1000 / 10))
times+=($((each * 100)))

printf '\n%sHow long each part took%s\n' "$bold" "$off"
total=0
for i in "${!names[@]}"; do
	printf '  %-42s %6d ms\n' "${names[i]}" $(((times[i] + 500) / 1000))
	total=$((total + times[i]))
done
printf '  %-42s %6d ms\n' 'Together' $(((total + 500) / 1000))

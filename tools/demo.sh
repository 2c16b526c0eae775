#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# `make demo`: a root file system, an image built from it by a script, a program run in it; each command is
# shown with what it printed and how long it took. Everything is in a temporary directory, which goes away.
set -eu

toastainer=$(realpath "${1:-build}")/toastainer
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
cd "$work"

now() { date +%s%N; }

# show COMMAND...: toastainer itself is called by its name.
show() {
	printf '\n$ toastainer'
	for word in "$@"; do
		case $word in
		*[\ \;\&\$\(]*) printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	printf '\n'
	status=0
	start=$(now)
	"$toastainer" "$@" 2>&1 || status=$?
	printf '  -- exit status %d, %d ms\n' "$status" $((($(now) - start) / 1000000))
	return "$status"
}

printf '%s\n' "--- What can this machine do? (toastainer doctor says more)"
"$toastainer" doctor | tail -n 1

printf '\n%s\n' "--- A root file system from nothing"
show image bootstrap box

printf '\n%s\n' "--- An image: this script runs as root inside, and what it does stays in the directory"
cat >setup.sh <<'END'
#!/bin/sh
set -e
echo 'guest:x:1000:1000::/home/guest:/bin/sh' >> /etc/passwd
mkdir -p /home/guest /srv
chown 1000:1000 /home/guest 2>/dev/null || echo "only one user id here: no user guest"
echo "made by $(id -un) on $(hostname)" > /srv/note
END
sed 's/^/    /' setup.sh
show --create_image=box --use_script=setup.sh

printf '\n%s\n' "--- A program in it: no network, no capabilities, nothing to write but /tmp"
show run -c box -- sh -c 'id; hostname; cat /srv/note; touch /srv/x || true; ip -o addr'

printf '\n%s\n' "--- A limit, and the result as JSON"
show run -c box -t 1 --result_json result.json -- sleep 60 || [ $? -eq 137 ]
cat result.json

printf '\n%s\n' "--- The same with nsjail's command line"
show -Mo -Q -c box -- /bin/echo hello

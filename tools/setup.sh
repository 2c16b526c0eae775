#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Installs the Debian packages that building, testing and the demo need and that are missing.
# Does nothing, quickly, when all are there. Without root it only says what is missing.
#
#   tools/setup.sh [vm] [cross]    also what the virtual machine and the cross builds need
set -eu

packages='
meson ninja-build pkg-config gcc libc6-dev musl-tools
python3 python3-pytest python3-jsonschema libcmocka-dev libsystemd-dev
clang clang-tidy clang-format cppcheck libclang-rt-14-dev shellcheck
libarchive-dev libjson-c-dev libssl-dev
uidmap busybox-static mmdebstrap btrfs-progs iproute2 nftables strace util-linux procps
zstd xz-utils skopeo umoci docker-registry squashfs-tools erofs-utils
squashfuse fuse-overlayfs
'
# The build; the image commands; the tests; the checks of CI and the fuzzers; what tests and demo run.

for what; do
	case $what in
	vm) packages="$packages qemu-system-x86 mmdebstrap e2fsprogs" ;;
	cross) packages="$packages gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-riscv64-linux-gnu
		libc6-dev-riscv64-cross qemu-user-static" ;;
	*) echo "setup: what is '$what'?" >&2; exit 2 ;;
	esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
	# shellcheck disable=SC2086
	echo "setup: not a Debian system; needed are, by their Debian names:" $packages >&2
	exit 0
fi

# shellcheck disable=SC2086 # a list of words
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $packages 2>/dev/null || true)
missing=
for p in $packages; do
	printf '%s\n' "$installed" | grep -qx "installed $p" || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "setup: missing packages; as root: apt-get install$missing" >&2
	exit 0
fi
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 && exit 0
apt-get update -q
# shellcheck disable=SC2086
apt-get install -y -q --no-install-recommends $missing

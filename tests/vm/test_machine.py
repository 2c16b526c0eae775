# SPDX-License-Identifier: BSD-3-Clause
"""What only the virtual machine has: nothing but cgroup v2, Debian's kernel and its settings, all capabilities."""

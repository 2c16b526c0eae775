# SPDX-License-Identifier: BSD-3-Clause
"""Class 21: who attacks starves nobody else, and leaves nothing. No wall clock here: tests/bench/neighbours.py has one."""
import os

import pytest

import cgroups
import neighbours
import toast
from neighbours import ATTACKERS

may_make_groups = [pytest.mark.modes("root", *(["user"] if toast.VM == "user" else [])),
                   pytest.mark.skipif(not neighbours.available(), reason="no control group for memory, pids, cpu")]
pytestmark = may_make_groups


@pytest.fixture
def yard(root, compile_c):
    return neighbours.Yard(root, [compile_c(f) for f in ("programs/neighbour.c", "programs/hog.c", "attack/evade.c",
                                                         "attack/cgroup_escape.c")])


def speed(work, ms):
    """Units of work in a second of the neighbour's own CPU time."""
    units, cpu, _ = work(ms)
    return units / cpu


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKERS)
def test_a_neighbour_works_on(yard, name):
    """What it gets done with its CPU time is within 20 % of that before: in one of five pairs, others are busy here too."""
    ratios = []
    with yard.neighbour("--cgroup_pids_max", "64", clock="cpu") as work:
        while not ratios or (max(ratios) < 0.8 and len(ratios) < 5):
            alone = speed(work, 150)
            with yard.attacker(name) as attacker:
                ratios.append(speed(work, 150) / alone)
                assert attacker.poll() is None, "it ended by itself: nobody was attacked"
            assert not neighbours.left(attacker)
    assert max(ratios) >= 0.8, ratios


def share(yard, mine, theirs):
    """The neighbour's part of what the two use of one CPU, while the attacker has 20 sessions that want it.

    (The kernel may give each session its share: autogroup. That is no limit, anybody can have many.)"""
    cpu = ["--cpus", str(min(os.sched_getaffinity(0)))]
    with yard.neighbour(*cpu, *mine, clock="cpu") as work, yard.attacker("daemons", *cpu, limits=theirs) as attacker:
        group = cgroups.group("", attacker.pid)

        def used():
            return int(cgroups.value(group, "cpu.stat").split()[1]) * 1000

        toast.wait_for(lambda: len(cgroups.value(group, "cgroup.procs").split()) >= 20)
        before = used()
        own = work(200)[1]
        others = used() - before
    assert not neighbours.left(attacker)
    return own / (own + others)


WEIGHT = ["--cgroup_cpu_weight", "100", "--cgroup_pids_max", "150"]


def test_a_neighbour_gets_its_share_of_the_cpu(yard):
    """Half of it, when each jail has a group, however many processes are in the other."""
    assert max(share(yard, WEIGHT, WEIGHT) for _ in range(2)) >= 0.4


def test_share_detects_broken(yard):
    """The counterpart: groups that only count leave it one part in twenty."""
    if not cgroups.home(""):
        pytest.skip("no control group for v2")
    assert share(yard, [], ["--cpu_limit", "1000"]) < 0.25

/* SPDX-License-Identifier: BSD-3-Clause */
/* Made by tools/gen-syscalls.py from src/kafel/tables: do not edit. */
#ifndef TOASTAINER_KAFEL_SYSCALL_TABLES_H
#define TOASTAINER_KAFEL_SYSCALL_TABLES_H

#include "kafel/syscalls.h"

/* clang-format off */
#define SYS_ALIAS 0x80000000u

/* Offsets instead of pointers: the tables stay in read-only memory as in the file. */
struct sys_entry {
	uint32_t nr; /* | SYS_ALIAS when the name is libc's */
	uint16_t name, sig;
};

static const char sys_names[] =
	"accept\0accept4\0access\0acct\0add_key\0adjtimex\0afs_syscall\0alarm\0arch_prctl\0"
	"bind\0bpf\0brk\0cachestat\0capget\0capset\0chdir\0chmod\0chown\0chroot\0"
	"clock_adjtime\0clock_getres\0clock_gettime\0clock_nanosleep\0clock_settime\0clone\0"
	"clone3\0close\0close_range\0connect\0copy_file_range\0creat\0create_module\0"
	"delete_module\0dup\0dup2\0dup3\0epoll_create\0epoll_create1\0epoll_ctl\0"
	"epoll_ctl_old\0epoll_pwait\0epoll_pwait2\0epoll_wait\0epoll_wait_old\0eventfd\0"
	"eventfd2\0execve\0execveat\0exit\0exit_group\0faccessat\0faccessat2\0fadvise64\0"
	"fallocate\0fanotify_init\0fanotify_mark\0fchdir\0fchmod\0fchmodat\0fchmodat2\0"
	"fchown\0fchownat\0fcntl\0fdatasync\0fgetxattr\0file_getattr\0file_setattr\0"
	"finit_module\0flistxattr\0flock\0fork\0fremovexattr\0fsconfig\0fsetxattr\0fsmount\0"
	"fsopen\0fspick\0fstat\0fstatfs\0fsync\0ftruncate\0futex\0futex_requeue\0futex_wait\0"
	"futex_waitv\0futex_wake\0futimesat\0get_kernel_syms\0get_mempolicy\0"
	"get_robust_list\0get_thread_area\0getcpu\0getcwd\0getdents\0getdents64\0getegid\0"
	"geteuid\0getgid\0getgroups\0getitimer\0getpeername\0getpgid\0getpgrp\0getpid\0"
	"getpmsg\0getppid\0getpriority\0getrandom\0getresgid\0getresuid\0getrlimit\0"
	"getrusage\0getsid\0getsockname\0getsockopt\0gettid\0gettimeofday\0getuid\0getxattr\0"
	"getxattrat\0init_module\0inotify_add_watch\0inotify_init\0inotify_init1\0"
	"inotify_rm_watch\0io_cancel\0io_destroy\0io_getevents\0io_pgetevents\0io_setup\0"
	"io_submit\0io_uring_enter\0io_uring_register\0io_uring_setup\0ioctl\0ioperm\0iopl\0"
	"ioprio_get\0ioprio_set\0kcmp\0kexec_file_load\0kexec_load\0keyctl\0kill\0"
	"landlock_add_rule\0landlock_create_ruleset\0landlock_restrict_self\0lchown\0"
	"lgetxattr\0link\0linkat\0listen\0listmount\0listns\0listxattr\0listxattrat\0"
	"llistxattr\0lookup_dcookie\0lremovexattr\0lseek\0lsetxattr\0lsm_get_self_attr\0"
	"lsm_list_modules\0lsm_set_self_attr\0lstat\0madvise\0map_shadow_stack\0mbind\0"
	"membarrier\0memfd_create\0memfd_secret\0migrate_pages\0mincore\0mkdir\0mkdirat\0"
	"mknod\0mknodat\0mlock\0mlock2\0mlockall\0mmap\0modify_ldt\0mount\0mount_setattr\0"
	"move_mount\0move_pages\0mprotect\0mq_getsetattr\0mq_notify\0mq_open\0"
	"mq_timedreceive\0mq_timedsend\0mq_unlink\0mremap\0mseal\0msgctl\0msgget\0msgrcv\0"
	"msgsnd\0msync\0munlock\0munlockall\0munmap\0name_to_handle_at\0nanosleep\0newfstat\0"
	"newfstatat\0newlstat\0newstat\0newuname\0nfsservctl\0open\0open_by_handle_at\0"
	"open_tree\0open_tree_attr\0openat\0openat2\0pause\0perf_event_open\0personality\0"
	"pidfd_getfd\0pidfd_open\0pidfd_send_signal\0pipe\0pipe2\0pivot_root\0pkey_alloc\0"
	"pkey_free\0pkey_mprotect\0poll\0ppoll\0prctl\0pread64\0preadv\0preadv2\0prlimit64\0"
	"process_madvise\0process_mrelease\0process_vm_readv\0process_vm_writev\0pselect6\0"
	"ptrace\0putpmsg\0pwrite64\0pwritev\0pwritev2\0query_module\0quotactl\0quotactl_fd\0"
	"read\0readahead\0readlink\0readlinkat\0readv\0reboot\0recvfrom\0recvmmsg\0recvmsg\0"
	"remap_file_pages\0removexattr\0removexattrat\0rename\0renameat\0renameat2\0"
	"request_key\0restart_syscall\0rmdir\0rseq\0rseq_slice_yield\0rt_sigaction\0"
	"rt_sigpending\0rt_sigprocmask\0rt_sigqueueinfo\0rt_sigreturn\0rt_sigsuspend\0"
	"rt_sigtimedwait\0rt_tgsigqueueinfo\0sched_get_priority_max\0sched_get_priority_min\0"
	"sched_getaffinity\0sched_getattr\0sched_getparam\0sched_getscheduler\0"
	"sched_rr_get_interval\0sched_setaffinity\0sched_setattr\0sched_setparam\0"
	"sched_setscheduler\0sched_yield\0seccomp\0security\0select\0semctl\0semget\0semop\0"
	"semtimedop\0sendfile\0sendfile64\0sendmmsg\0sendmsg\0sendto\0set_mempolicy\0"
	"set_mempolicy_home_node\0set_robust_list\0set_thread_area\0set_tid_address\0"
	"setdomainname\0setfsgid\0setfsuid\0setgid\0setgroups\0sethostname\0setitimer\0"
	"setns\0setpgid\0setpriority\0setregid\0setresgid\0setresuid\0setreuid\0setrlimit\0"
	"setsid\0setsockopt\0settimeofday\0setuid\0setxattr\0setxattrat\0shmat\0shmctl\0"
	"shmdt\0shmget\0shutdown\0sigaltstack\0signalfd\0signalfd4\0socket\0socketpair\0"
	"splice\0stat\0statfs\0statmount\0statx\0swapoff\0swapon\0symlink\0symlinkat\0sync\0"
	"sync_file_range\0syncfs\0sysctl\0sysfs\0sysinfo\0syslog\0tee\0tgkill\0time\0"
	"timer_create\0timer_delete\0timer_getoverrun\0timer_gettime\0timer_settime\0"
	"timerfd_create\0timerfd_gettime\0timerfd_settime\0times\0tkill\0truncate\0tuxcall\0"
	"umask\0umount\0umount2\0uname\0unlink\0unlinkat\0unshare\0uprobe\0uretprobe\0"
	"uselib\0userfaultfd\0ustat\0utime\0utimensat\0utimes\0vfork\0vhangup\0vmsplice\0"
	"vserver\0wait4\0waitid\0write\0writev\0bdflush\0break\0chown16\0chown32\0"
	"clock_adjtime64\0clock_getres_time64\0clock_gettime64\0clock_nanosleep_time64\0"
	"clock_settime64\0fadvise64_64\0fchown16\0fchown32\0fcntl64\0fstat64\0fstatat64\0"
	"fstatfs64\0ftime\0ftruncate64\0futex_time64\0getegid16\0getegid32\0geteuid16\0"
	"geteuid32\0getgid16\0getgid32\0getgroups16\0getgroups32\0getresgid16\0getresgid32\0"
	"getresuid16\0getresuid32\0getuid16\0getuid32\0gtty\0idle\0io_pgetevents_time64\0"
	"ipc\0lchown16\0lchown32\0llseek\0lock\0lstat64\0mmap2\0mmap_pgoff\0mpx\0"
	"mq_timedreceive_time64\0mq_timedsend_time64\0newselect\0nice\0old_getrlimit\0"
	"old_mmap\0old_readdir\0old_select\0oldfstat\0oldlstat\0oldolduname\0oldstat\0"
	"oldumount\0olduname\0ppoll_time64\0prof\0profil\0pselect6_time64\0readdir\0"
	"recvmmsg_time64\0rt_sigtimedwait_time64\0sched_rr_get_interval_time64\0"
	"semtimedop_time64\0setfsgid16\0setfsgid32\0setfsuid16\0setfsuid32\0setgid16\0"
	"setgid32\0setgroups16\0setgroups32\0setregid16\0setregid32\0setresgid16\0"
	"setresgid32\0setresuid16\0setresuid32\0setreuid16\0setreuid32\0setuid16\0setuid32\0"
	"sgetmask\0sigaction\0signal\0sigpending\0sigprocmask\0sigreturn\0sigsuspend\0"
	"socketcall\0ssetmask\0stat64\0statfs64\0stime\0stty\0timer_gettime64\0"
	"timer_settime64\0timerfd_gettime64\0timerfd_settime64\0truncate64\0ugetrlimit\0"
	"ulimit\0utimensat_time64\0vm86\0vm86old\0waitpid\0arm_fadvise64_64\0"
	"arm_sync_file_range\0breakpoint\0cacheflush\0get_tls\0old_msgctl\0old_semctl\0"
	"old_shmctl\0pciconfig_iobase\0pciconfig_read\0pciconfig_write\0recv\0send\0set_tls\0"
	"sync_file_range2\0usr26\0usr32\0riscv_flush_icache\0riscv_hwprobe\0";

static const char sys_sigs[] =
	"fd4\0upeer_sockaddr8\0upeer_addrlen8\0\0"
	"fd4\0upeer_sockaddr8\0upeer_addrlen8\0flags4\0\0filename8\0mode4\0\0name8\0\0"
	"type8\0description8\0payload8\0plen8\0ringid4\0\0txc_p8\0\0\0seconds4\0\0"
	"option/code4\0arg2/addr8\0\0fd4\0umyaddr8\0addrlen4\0\0cmd4\0uattr8\0size4\0\0"
	"brk8\0\0fd4\0cstat_range8\0cstat8\0flags4\0\0header8\0dataptr8\0\0header8\0data8\0\0"
	"filename8\0\0filename8\0mode2\0\0filename8\0user4\0group4\0\0which_clock4\0utx8\0\0"
	"which_clock4\0tp8\0\0which_clock4\0flags4\0rqtp8\0rmtp8\0\0"
	"clone_flags8\0newsp8\0parent_tidptr8\0child_tidptr8\0tls8\0\0uargs8\0size8\0\0"
	"fd4\0\0fd4\0max_fd4\0flags4\0\0fd4\0uservaddr8\0addrlen4\0\0"
	"fd_in4\0off_in8\0fd_out4\0off_out8\0len8\0flags4\0\0pathname8\0mode2\0\0"
	"name8\0size8\0\0name_user8\0flags4\0\0fildes4\0\0oldfd4\0newfd4\0\0"
	"oldfd4\0newfd4\0flags4\0\0size4\0\0flags4\0\0epfd4\0op4\0fd4\0event8\0\0"
	"epfd4\0events8\0maxevents4\0timeout4\0sigmask8\0sigsetsize8\0\0"
	"epfd4\0events8\0maxevents4\0timeout8\0sigmask8\0sigsetsize8\0\0"
	"epfd4\0events8\0maxevents4\0timeout4\0\0count4\0\0count4\0flags4\0\0"
	"filename8\0argv8\0envp8\0\0fd4\0filename8\0argv8\0envp8\0flags4\0\0error_code4\0\0"
	"dfd4\0filename8\0mode4\0\0dfd4\0filename8\0mode4\0flags4\0\0"
	"fd4\0offset8\0len8\0advice4\0\0fd4\0mode4\0offset8\0len8\0\0"
	"flags4\0event_f_flags4\0\0fanotify_fd4\0flags4\0mask8\0dfd4\0pathname8\0\0"
	"fd4\0mode2\0\0dfd4\0filename8\0mode2\0\0dfd4\0filename8\0mode2\0flags4\0\0"
	"fd4\0user4\0group4\0\0dfd4\0filename8\0user4\0group4\0flag4\0\0fd4\0cmd4\0arg8\0\0"
	"fd4\0name8\0value8\0size8\0\0dfd4\0filename8\0ufattr8\0usize8\0at_flags4\0\0"
	"fd4\0uargs8\0flags4\0\0fd4\0list8\0size8\0\0fd4\0cmd4\0\0fd4\0name8\0\0"
	"fd4\0cmd4\0key8\0value8\0aux4\0\0fd4\0name8\0value8\0size8\0flags4\0\0"
	"fs_fd4\0flags4\0attr_flags4\0\0fs_name8\0flags4\0\0dfd4\0path8\0flags4\0\0"
	"fd4\0statbuf8\0\0fd4\0buf8\0\0fd4\0length8\0\0"
	"uaddr8\0op4\0val4\0utime8\0uaddr28\0val34\0\0"
	"waiters8\0flags4\0nr_wake4\0nr_requeue4\0\0"
	"uaddr8\0val8\0mask8\0flags4\0timeout8\0clockid4\0\0"
	"waiters8\0nr_futexes4\0flags4\0timeout8\0clockid4\0\0uaddr8\0mask8\0nr4\0flags4\0\0"
	"dfd4\0filename8\0utimes8\0\0table8\0\0policy8\0nmask8\0maxnode8\0addr8\0flags8\0\0"
	"pid4\0head_ptr8\0len_ptr8\0\0u_info8\0\0cpup8\0nodep8\0unused8\0\0buf8\0size8\0\0"
	"fd4\0dirent8\0count4\0\0gidsetsize4\0grouplist8\0\0which4\0value8\0\0"
	"fd4\0usockaddr8\0usockaddr_len8\0\0pid4\0\0which4\0who4\0\0"
	"ubuf/buf8\0len/count8\0flags4\0\0rgidp8\0egidp8\0sgidp8\0\0"
	"ruidp8\0euidp8\0suidp8\0\0resource4\0rlim8\0\0who4\0ru8\0\0"
	"fd4\0level4\0optname4\0optval8\0optlen8\0\0tv8\0tz8\0\0"
	"pathname8\0name8\0value8\0size8\0\0"
	"dfd4\0pathname8\0at_flags4\0name8\0uargs8\0usize8\0\0umod8\0len8\0uargs8\0\0"
	"fd4\0pathname8\0mask4\0\0fd4\0wd4\0\0ctx_id8\0iocb8\0result8\0\0ctx8\0\0"
	"ctx_id8\0min_nr8\0nr8\0events8\0timeout8\0\0"
	"ctx_id8\0min_nr8\0nr8\0events8\0timeout8\0usig8\0\0nr_events4\0ctxp8\0\0"
	"ctx_id8\0nr8\0iocbpp8\0\0fd4\0to_submit4\0min_complete4\0flags4\0argp8\0argsz8\0\0"
	"fd4\0opcode4\0arg8\0nr_args4\0\0entries4\0params8\0\0from8\0num8\0turn_on4\0\0"
	"level4\0\0which4\0who4\0ioprio4\0\0pid14\0pid24\0type4\0idx18\0idx28\0\0"
	"kernel_fd4\0initrd_fd4\0cmdline_len8\0cmdline_ptr8\0flags8\0\0"
	"entry8\0nr_segments8\0segments8\0flags8\0\0option4\0arg28\0arg38\0arg48\0arg58\0\0"
	"pid4\0sig4\0\0ruleset_fd4\0rule_type4\0rule_attr8\0flags4\0\0"
	"attr8\0size8\0flags4\0\0ruleset_fd4\0flags4\0\0oldname8\0newname8\0\0"
	"olddfd4\0oldname8\0newdfd4\0newname8\0flags4\0\0fd4\0backlog4\0\0"
	"req8\0mnt_ids8\0nr_mnt_ids8\0flags4\0\0req8\0ns_ids8\0nr_ns_ids8\0flags4\0\0"
	"pathname8\0list8\0size8\0\0dfd4\0pathname8\0at_flags4\0list8\0size8\0\0"
	"cookie648\0buf8\0len8\0\0pathname8\0name8\0\0fd4\0offset8\0whence4\0\0"
	"pathname8\0name8\0value8\0size8\0flags4\0\0attr4\0ctx8\0size8\0flags4\0\0"
	"ids8\0size8\0flags4\0\0attr4\0ctx8\0size4\0flags4\0\0filename8\0statbuf8\0\0"
	"start8\0len_in8\0behavior4\0\0addr8\0size8\0flags4\0\0"
	"start8\0len8\0mode8\0nmask8\0maxnode8\0flags4\0\0cmd4\0flags4\0cpu_id4\0\0"
	"uname8\0flags4\0\0pid4\0maxnode8\0old_nodes8\0new_nodes8\0\0start8\0len8\0vec8\0\0"
	"dfd4\0pathname8\0mode2\0\0filename8\0mode2\0dev4\0\0dfd4\0filename8\0mode2\0dev4\0\0"
	"start8\0len8\0\0start8\0len8\0flags4\0\0addr8\0len8\0prot8\0flags8\0fd8\0off8\0\0"
	"func4\0ptr8\0bytecount8\0\0dev_name8\0dir_name8\0type8\0flags8\0data8\0\0"
	"dfd4\0path8\0flags4\0uattr8\0usize8\0\0"
	"from_dfd4\0from_pathname8\0to_dfd4\0to_pathname8\0flags4\0\0"
	"pid4\0nr_pages8\0pages8\0nodes8\0status8\0flags4\0\0start8\0len8\0prot8\0\0"
	"mqdes4\0u_mqstat8\0u_omqstat8\0\0mqdes4\0u_notification8\0\0"
	"u_name8\0oflag4\0mode2\0u_attr8\0\0"
	"mqdes4\0u_msg_ptr8\0msg_len8\0u_msg_prio8\0u_abs_timeout8\0\0"
	"mqdes4\0u_msg_ptr8\0msg_len8\0msg_prio4\0u_abs_timeout8\0\0u_name8\0\0"
	"addr8\0old_len8\0new_len8\0flags8\0new_addr8\0\0start8\0len8\0flags8\0\0"
	"msqid4\0cmd4\0buf8\0\0key4\0msgflg4\0\0msqid4\0msgp8\0msgsz8\0msgtyp8\0msgflg4\0\0"
	"msqid4\0msgp8\0msgsz8\0msgflg4\0\0addr8\0len8\0\0"
	"dfd4\0name8\0handle8\0mnt_id8\0flag4\0\0rqtp8\0rmtp8\0\0"
	"dfd4\0filename8\0statbuf8\0flag4\0\0cmd4\0argp8\0resp8\0\0"
	"filename8\0flags4\0mode2\0\0mountdirfd4\0handle8\0flags4\0\0"
	"dfd4\0filename8\0flags4\0\0dfd4\0filename8\0flags4\0uattr8\0usize8\0\0"
	"dfd4\0filename8\0flags4\0mode2\0\0dfd4\0filename8\0how8\0usize8\0\0"
	"attr_uptr8\0pid4\0cpu4\0group_fd4\0flags8\0\0personality4\0\0pidfd4\0fd4\0flags4\0\0"
	"pid4\0flags4\0\0pidfd4\0sig4\0info8\0flags4\0\0fildes8\0\0fildes8\0flags4\0\0"
	"new_root8\0put_old8\0\0flags8\0init_val8\0\0pkey4\0\0start8\0len8\0prot8\0pkey4\0\0"
	"ufds8\0nfds4\0timeout_msecs4\0\0ufds8\0nfds4\0tsp8\0sigmask8\0sigsetsize8\0\0"
	"fd4\0buf8\0count8\0pos8\0\0fd8\0vec8\0vlen8\0pos_l8\0pos_h8\0\0"
	"fd8\0vec8\0vlen8\0pos_l8\0pos_h8\0flags4\0\0"
	"pid4\0resource4\0new_rlim8\0old_rlim8\0\0pidfd4\0vec8\0vlen8\0behavior4\0flags4\0\0"
	"pidfd4\0flags4\0\0pid4\0lvec8\0liovcnt8\0rvec8\0riovcnt8\0flags8\0\0"
	"n4\0inp8\0outp8\0exp8\0tsp8\0sig8\0\0request8\0pid8\0addr8\0data8\0\0"
	"name8\0which4\0buf8\0bufsize8\0ret8\0\0cmd4\0special8\0id4\0addr8\0\0"
	"fd4\0cmd4\0id4\0addr8\0\0fd4\0buf8\0count8\0\0fd4\0offset8\0count8\0\0"
	"path8\0buf8\0bufsiz4\0\0dfd4\0pathname8\0buf8\0bufsiz4\0\0fd8\0vec8\0vlen8\0\0"
	"magic14\0magic24\0cmd4\0arg8\0\0fd4\0ubuf8\0size8\0flags4\0addr8\0addr_len8\0\0"
	"fd4\0mmsg8\0vlen4\0flags4\0timeout8\0\0fd4\0msg8\0flags4\0\0"
	"start8\0size8\0prot8\0pgoff8\0flags8\0\0dfd4\0pathname8\0at_flags4\0name8\0\0"
	"olddfd4\0oldname8\0newdfd4\0newname8\0\0"
	"type8\0description8\0callout_info8\0destringid4\0\0pathname8\0\0"
	"rseq8\0rseq_len4\0flags4\0sig4\0\0sig4\0act8\0oact8\0sigsetsize8\0\0"
	"uset8\0sigsetsize8\0\0how4\0nset8\0oset8\0sigsetsize8\0\0pid4\0sig4\0uinfo8\0\0"
	"unewset8\0sigsetsize8\0\0uthese8\0uinfo8\0uts8\0sigsetsize8\0\0"
	"tgid4\0pid4\0sig4\0uinfo8\0\0policy4\0\0pid4\0len4\0user_mask_ptr8\0\0"
	"pid4\0uattr8\0usize/size4\0flags4\0\0pid4\0param8\0\0pid4\0interval8\0\0"
	"pid4\0uattr8\0flags4\0\0pid4\0policy4\0param8\0\0op4\0flags4\0uargs8\0\0"
	"n4\0inp8\0outp8\0exp8\0tvp8\0\0semid4\0semnum4\0cmd4\0arg8\0\0"
	"key4\0nsems4\0semflg4\0\0semid4\0tsops8\0nsops4\0\0"
	"semid4\0tsops8\0nsops4\0timeout8\0\0out_fd4\0in_fd4\0offset8\0count8\0\0"
	"fd4\0mmsg8\0vlen4\0flags4\0\0fd4\0buff8\0len8\0flags4\0addr8\0addr_len4\0\0"
	"mode4\0nmask8\0maxnode8\0\0start8\0len8\0home_node8\0flags8\0\0head8\0len8\0\0"
	"tidptr8\0\0name8\0len4\0\0gid4\0\0uid4\0\0which4\0value8\0ovalue8\0\0"
	"fd4\0flags/nstype4\0\0pid4\0pgid4\0\0which4\0who4\0niceval4\0\0rgid4\0egid4\0\0"
	"rgid4\0egid4\0sgid4\0\0ruid4\0euid4\0suid4\0\0ruid4\0euid4\0\0"
	"fd4\0level4\0optname4\0optval8\0optlen4\0\0shmid4\0shmaddr8\0shmflg4\0\0"
	"shmid4\0cmd4\0buf8\0\0shmaddr8\0\0key4\0size8\0shmflg4\0\0fd4\0how4\0\0"
	"uss8\0uoss8\0\0ufd4\0user_mask8\0sizemask8\0\0"
	"ufd4\0user_mask8\0sizemask8\0flags4\0\0family4\0type4\0protocol4\0\0"
	"family4\0type4\0protocol4\0usockvec8\0\0pathname8\0buf8\0\0"
	"req8\0buf8\0bufsize8\0flags4\0\0dfd4\0filename8\0flags4\0mask4\0buffer8\0\0"
	"specialfile8\0\0specialfile8\0swap_flags4\0\0oldname8\0newdfd4\0newname8\0\0"
	"fd4\0offset8\0nbytes8\0flags4\0\0args8\0\0option4\0arg18\0arg28\0\0info8\0\0"
	"type4\0buf8\0len4\0\0fdin4\0fdout4\0len8\0flags4\0\0tgid4\0pid4\0sig4\0\0tloc8\0\0"
	"which_clock4\0timer_event_spec8\0created_timer_id8\0\0timer_id4\0\0"
	"timer_id4\0setting8\0\0timer_id4\0flags4\0new_setting8\0old_setting8\0\0"
	"clockid4\0flags4\0\0ufd4\0otmr8\0\0ufd4\0flags4\0utmr8\0otmr8\0\0tbuf8\0\0"
	"path8\0length8\0\0mask4\0\0name8\0flags4\0\0dfd4\0pathname8\0flag4\0\0"
	"unshare_flags8\0\0library8\0\0dev4\0ubuf8\0\0filename8\0times8\0\0"
	"dfd4\0filename8\0utimes8\0flags4\0\0filename8\0utimes8\0\0"
	"fd4\0uiov/iov8\0nr_segs8\0flags4\0\0upid4\0stat_addr8\0options4\0ru8\0\0"
	"which4\0upid4\0infop8\0options4\0ru8\0\0"
	"fd4\0upeer_sockaddr4\0upeer_addrlen4\0flags4\0\0filename4\0mode4\0\0name4\0\0"
	"type4\0description4\0payload4\0plen4\0ringid4\0\0utp4\0\0"
	"option/code4\0arg2/addr4\0\0func4\0data4\0\0fd4\0umyaddr4\0addrlen4\0\0"
	"cmd4\0uattr4\0size4\0\0brk4\0\0fd4\0cstat_range4\0cstat4\0flags4\0\0"
	"header4\0dataptr4\0\0header4\0data4\0\0filename4\0\0filename4\0mode2\0\0"
	"filename4\0user4\0group4\0\0filename4\0user2\0group2\0\0which_clock4\0utp4\0\0"
	"which_clock4\0utx4\0\0which_clock4\0tp4\0\0which_clock4\0flags4\0rqtp4\0rmtp4\0\0"
	"clone_flags4\0newsp4\0parent_tidptr4\0tls4\0child_tidptr4\0\0uargs4\0size4\0\0"
	"fd4\0uservaddr4\0addrlen4\0\0fd_in4\0off_in4\0fd_out4\0off_out4\0len4\0flags4\0\0"
	"pathname4\0mode2\0\0name4\0size4\0\0name_user4\0flags4\0\0"
	"epfd4\0op4\0fd4\0event4\0\0"
	"epfd4\0events4\0maxevents4\0timeout4\0sigmask4\0sigsetsize4\0\0"
	"epfd4\0events4\0maxevents4\0timeout4\0\0filename4\0argv4\0envp4\0\0"
	"fd4\0filename4\0argv4\0envp4\0flags4\0\0dfd4\0filename4\0mode4\0\0"
	"dfd4\0filename4\0mode4\0flags4\0\0fd4\0offset_lo4\0offset_hi4\0len4\0advice4\0\0"
	"fd4\0offset_low4\0offset_high4\0len_low4\0len_high4\0advice4\0\0"
	"fd4\0mode4\0offset_lo4\0offset_hi4\0len_lo4\0len_hi4\0\0"
	"fanotify_fd4\0flags4\0mask_lo4\0mask_hi4\0dfd4\0pathname4\0\0"
	"dfd4\0filename4\0mode2\0\0dfd4\0filename4\0mode2\0flags4\0\0fd4\0user2\0group2\0\0"
	"dfd4\0filename4\0user4\0group4\0flag4\0\0fd4\0cmd4\0arg4\0\0"
	"fd4\0name4\0value4\0size4\0\0dfd4\0filename4\0ufattr4\0usize4\0at_flags4\0\0"
	"fd4\0uargs4\0flags4\0\0fd4\0list4\0size4\0\0fd4\0name4\0\0"
	"fd4\0cmd4\0key4\0value4\0aux4\0\0fd4\0name4\0value4\0size4\0flags4\0\0"
	"fs_name4\0flags4\0\0dfd4\0path4\0flags4\0\0fd4\0statbuf4\0\0"
	"dfd4\0filename4\0statbuf4\0flag4\0\0fd4\0buf4\0\0fd4\0sz4\0buf4\0\0fd4\0length4\0\0"
	"fd4\0offset_low4\0offset_high4\0\0uaddr4\0op4\0val4\0utime4\0uaddr24\0val34\0\0"
	"waiters4\0flags4\0nr_wake4\0nr_requeue4\0\0"
	"uaddr4\0val4\0mask4\0flags4\0timeout4\0clockid4\0\0"
	"waiters4\0nr_futexes4\0flags4\0timeout4\0clockid4\0\0uaddr4\0mask4\0nr4\0flags4\0\0"
	"dfd4\0filename4\0t4\0\0table4\0\0policy4\0nmask4\0maxnode4\0addr4\0flags4\0\0"
	"pid4\0head_ptr4\0len_ptr4\0\0u_info4\0\0cpup4\0nodep4\0unused4\0\0buf4\0size4\0\0"
	"fd4\0dirent4\0count4\0\0gidsetsize4\0grouplist4\0\0which4\0value4\0\0"
	"fd4\0usockaddr4\0usockaddr_len4\0\0ubuf/buf4\0len/count4\0flags4\0\0"
	"rgidp4\0egidp4\0sgidp4\0\0ruidp4\0euidp4\0suidp4\0\0resource4\0rlim4\0\0"
	"who4\0ru4\0\0fd4\0level4\0optname4\0optval4\0optlen4\0\0tv4\0tz4\0\0"
	"pathname4\0name4\0value4\0size4\0\0"
	"dfd4\0pathname4\0at_flags4\0name4\0uargs4\0usize4\0\0umod4\0len4\0uargs4\0\0"
	"fd4\0pathname4\0mask4\0\0ctx_id4\0iocb4\0result4\0\0ctx4\0\0"
	"ctx_id4\0min_nr4\0nr4\0events4\0timeout4\0\0"
	"ctx_id4\0min_nr4\0nr4\0events4\0timeout4\0usig4\0\0nr_events4\0ctxp4\0\0"
	"ctx_id4\0nr4\0iocbpp4\0\0fd4\0to_submit4\0min_complete4\0flags4\0argp4\0argsz4\0\0"
	"fd4\0opcode4\0arg4\0nr_args4\0\0entries4\0params4\0\0from4\0num4\0turn_on4\0\0"
	"call4\0first4\0second4\0third4\0ptr4\0fifth4\0\0"
	"pid14\0pid24\0type4\0idx14\0idx24\0\0entry4\0nr_segments4\0segments4\0flags4\0\0"
	"option4\0arg24\0arg34\0arg44\0arg54\0\0"
	"ruleset_fd4\0rule_type4\0rule_attr4\0flags4\0\0attr4\0size4\0flags4\0\0"
	"oldname4\0newname4\0\0olddfd4\0oldname4\0newdfd4\0newname4\0flags4\0\0"
	"req4\0mnt_ids4\0nr_mnt_ids4\0flags4\0\0req4\0ns_ids4\0nr_ns_ids4\0flags4\0\0"
	"pathname4\0list4\0size4\0\0dfd4\0pathname4\0at_flags4\0list4\0size4\0\0"
	"fd4\0offset_high4\0offset_low4\0result4\0whence4\0\0"
	"cookie64_lo4\0cookie64_hi4\0buf4\0len4\0\0pathname4\0name4\0\0"
	"fd4\0offset4\0whence4\0\0pathname4\0name4\0value4\0size4\0flags4\0\0"
	"attr4\0ctx4\0size4\0flags4\0\0ids4\0size4\0flags4\0\0filename4\0statbuf4\0\0"
	"start4\0len_in4\0behavior4\0\0addr4\0size4\0flags4\0\0"
	"start4\0len4\0mode4\0nmask4\0maxnode4\0flags4\0\0uname4\0flags4\0\0"
	"pid4\0maxnode4\0old_nodes4\0new_nodes4\0\0start4\0len4\0vec4\0\0"
	"dfd4\0pathname4\0mode2\0\0filename4\0mode2\0dev4\0\0dfd4\0filename4\0mode2\0dev4\0\0"
	"start4\0len4\0\0start4\0len4\0flags4\0\0arg4\0\0"
	"addr4\0len4\0prot4\0flags4\0fd4\0pgoff4\0\0func4\0ptr4\0bytecount4\0\0"
	"dev_name4\0dir_name4\0type4\0flags4\0data4\0\0"
	"dfd4\0path4\0flags4\0uattr4\0usize4\0\0"
	"from_dfd4\0from_pathname4\0to_dfd4\0to_pathname4\0flags4\0\0"
	"pid4\0nr_pages4\0pages4\0nodes4\0status4\0flags4\0\0start4\0len4\0prot4\0\0"
	"mqdes4\0u_mqstat4\0u_omqstat4\0\0mqdes4\0u_notification4\0\0"
	"u_name4\0oflag4\0mode2\0u_attr4\0\0"
	"mqdes4\0u_msg_ptr4\0msg_len4\0u_msg_prio4\0u_abs_timeout4\0\0"
	"mqdes4\0u_msg_ptr4\0msg_len4\0msg_prio4\0u_abs_timeout4\0\0u_name4\0\0"
	"addr4\0old_len4\0new_len4\0flags4\0new_addr4\0\0msqid4\0cmd4\0buf4\0\0"
	"msqid4\0msgp4\0msgsz4\0msgtyp4\0msgflg4\0\0msqid4\0msgp4\0msgsz4\0msgflg4\0\0"
	"addr4\0len4\0\0dfd4\0name4\0handle4\0mnt_id4\0flag4\0\0rqtp4\0rmtp4\0\0"
	"n4\0inp4\0outp4\0exp4\0tvp4\0\0cmd4\0argp4\0resp4\0\0increment4\0\0"
	"filename4\0flags4\0mode2\0\0mountdirfd4\0handle4\0flags4\0\0"
	"dfd4\0filename4\0flags4\0\0dfd4\0filename4\0flags4\0uattr4\0usize4\0\0"
	"dfd4\0filename4\0flags4\0mode2\0\0dfd4\0filename4\0how4\0usize4\0\0"
	"attr_uptr4\0pid4\0cpu4\0group_fd4\0flags4\0\0pidfd4\0sig4\0info4\0flags4\0\0"
	"fildes4\0flags4\0\0new_root4\0put_old4\0\0flags4\0init_val4\0\0"
	"start4\0len4\0prot4\0pkey4\0\0ufds4\0nfds4\0timeout_msecs4\0\0"
	"ufds4\0nfds4\0tsp4\0sigmask4\0sigsetsize4\0\0fd4\0ubuf4\0count4\0poslo4\0poshi4\0\0"
	"fd4\0vec4\0vlen4\0pos_l4\0pos_h4\0\0fd4\0vec4\0vlen4\0pos_l4\0pos_h4\0flags4\0\0"
	"pid4\0resource4\0new_rlim4\0old_rlim4\0\0pidfd4\0vec4\0vlen4\0behavior4\0flags4\0\0"
	"pid4\0lvec4\0liovcnt4\0rvec4\0riovcnt4\0flags4\0\0"
	"n4\0inp4\0outp4\0exp4\0tsp4\0sig4\0\0request4\0pid4\0addr4\0data4\0\0"
	"name4\0which4\0buf4\0bufsize4\0ret4\0\0cmd4\0special4\0id4\0addr4\0\0"
	"fd4\0cmd4\0id4\0addr4\0\0fd4\0buf4\0count4\0\0fd4\0off_lo4\0off_hi4\0count4\0\0"
	"path4\0buf4\0bufsiz4\0\0dfd4\0pathname4\0buf4\0bufsiz4\0\0fd4\0vec4\0vlen4\0\0"
	"magic14\0magic24\0cmd4\0arg4\0\0fd4\0ubuf4\0size4\0flags4\0addr4\0addr_len4\0\0"
	"fd4\0mmsg4\0vlen4\0flags4\0timeout4\0\0fd4\0msg4\0flags4\0\0"
	"start4\0size4\0prot4\0pgoff4\0flags4\0\0dfd4\0pathname4\0at_flags4\0name4\0\0"
	"olddfd4\0oldname4\0newdfd4\0newname4\0\0"
	"type4\0description4\0callout_info4\0destringid4\0\0pathname4\0\0"
	"rseq4\0rseq_len4\0flags4\0sig4\0\0sig4\0act4\0oact4\0sigsetsize4\0\0"
	"uset4\0sigsetsize4\0\0how4\0nset4\0oset4\0sigsetsize4\0\0pid4\0sig4\0uinfo4\0\0"
	"unewset4\0sigsetsize4\0\0uthese4\0uinfo4\0uts4\0sigsetsize4\0\0"
	"tgid4\0pid4\0sig4\0uinfo4\0\0pid4\0len4\0user_mask_ptr4\0\0"
	"pid4\0uattr4\0usize/size4\0flags4\0\0pid4\0param4\0\0pid4\0interval4\0\0"
	"pid4\0uattr4\0flags4\0\0pid4\0policy4\0param4\0\0op4\0flags4\0uargs4\0\0"
	"semid4\0semnum4\0cmd4\0arg4\0\0semid4\0tsops4\0nsops4\0timeout4\0\0"
	"out_fd4\0in_fd4\0offset4\0count4\0\0fd4\0mmsg4\0vlen4\0flags4\0\0"
	"fd4\0buff4\0len4\0flags4\0addr4\0addr_len4\0\0mode4\0nmask4\0maxnode4\0\0"
	"start4\0len4\0home_node4\0flags4\0\0head4\0len4\0\0tidptr4\0\0name4\0len4\0\0"
	"gid2\0\0uid2\0\0which4\0value4\0ovalue4\0\0rgid2\0egid2\0\0rgid2\0egid2\0sgid2\0\0"
	"ruid2\0euid2\0suid2\0\0ruid2\0euid2\0\0shmid4\0shmaddr4\0shmflg4\0\0"
	"shmid4\0cmd4\0buf4\0\0shmaddr4\0\0key4\0size4\0shmflg4\0\0sig4\0act4\0oact4\0\0"
	"uss4\0uoss4\0\0sig4\0handler4\0\0ufd4\0user_mask4\0sizemask4\0\0"
	"ufd4\0user_mask4\0sizemask4\0flags4\0\0uset4\0\0how4\0nset4\0oset4\0\0"
	"unused14\0unused24\0mask4\0\0call4\0args4\0\0"
	"family4\0type4\0protocol4\0usockvec4\0\0newmask4\0\0pathname4\0buf4\0\0"
	"pathname4\0sz4\0buf4\0\0req4\0buf4\0bufsize4\0flags4\0\0"
	"dfd4\0filename4\0flags4\0mask4\0buffer4\0\0tptr4\0\0specialfile4\0\0"
	"specialfile4\0swap_flags4\0\0oldname4\0newdfd4\0newname4\0\0"
	"fd4\0off_low4\0off_hi4\0n_low4\0n_hi4\0flags4\0\0args4\0\0option4\0arg14\0arg24\0\0"
	"info4\0\0type4\0buf4\0len4\0\0fdin4\0fdout4\0len4\0flags4\0\0tloc4\0\0"
	"which_clock4\0timer_event_spec4\0created_timer_id4\0\0timer_id4\0setting4\0\0"
	"timer_id4\0flags4\0new4\0old4\0\0timer_id4\0flags4\0new_setting4\0old_setting4\0\0"
	"ufd4\0otmr4\0\0ufd4\0flags4\0utmr4\0otmr4\0\0tbuf4\0\0path4\0length4\0\0"
	"filename4\0offset_low4\0offset_high4\0\0name4\0flags4\0\0dfd4\0pathname4\0flag4\0\0"
	"unshare_flags4\0\0library4\0\0dev4\0ubuf4\0\0filename4\0t4\0\0"
	"dfd4\0filename4\0t4\0flags4\0\0dfd4\0filename4\0utimes4\0flags4\0\0cmd4\0arg4\0\0"
	"user_vm864\0\0fd4\0uiov/iov4\0nr_segs4\0flags4\0\0"
	"upid4\0stat_addr4\0options4\0ru4\0\0which4\0upid4\0infop4\0options4\0ru4\0\0"
	"pid4\0stat_addr4\0options4\0\0"
	"clone_flags8\0newsp8\0parent_tidptr8\0tls8\0child_tidptr8\0\0"
	"fd4\0upeer_sockaddr4\0upeer_addrlen4\0\0"
	"fd4\0advice4\0offset_lo4\0offset_hi4\0len_lo4\0len_hi4\0\0"
	"fd4\0flags4\0offset_lo4\0offset_hi4\0nbytes_lo4\0nbytes_hi4\0\0"
	"start4\0end4\0flags4\0\0fd4\0-4\0length_lo4\0length_hi4\0\0"
	"kernel_fd4\0initrd_fd4\0cmdline_len4\0cmdline_ptr4\0flags4\0\0"
	"addr4\0len4\0prot4\0flags4\0fd4\0offset4\0\0which4\0bus4\0devfn4\0\0"
	"bus4\0dfn4\0off4\0len4\0buf4\0\0fd4\0buf4\0count4\0-4\0pos_lo4\0pos_hi4\0\0"
	"fd4\0-4\0offset_lo4\0offset_hi4\0count4\0\0fd4\0ubuf4\0size4\0flags4\0\0"
	"semid4\0tsops4\0nsops4\0\0semid4\0tsems4\0nsops4\0timeout4\0\0"
	"fd4\0buff4\0len4\0flags4\0\0tp4\0\0path4\0-4\0length_lo4\0length_hi4\0\0"
	"addr8\0len8\0prot8\0flags8\0fd8\0offset8\0\0start8\0end8\0flags8\0\0"
	"pairs8\0pair_count8\0cpusetsize8\0cpus8\0flags4\0\0";

static const struct sys_entry x86_64_calls[] = {
	{43, 0, 0}, /* accept */
	{288, 7, 36}, /* accept4 */
	{21, 15, 79}, /* access */
	{163, 22, 96}, /* acct */
	{248, 27, 103}, /* add_key */
	{159, 35, 146}, /* adjtimex */
	{183, 44, 154}, /* afs_syscall */
	{37, 56, 155}, /* alarm */
	{158, 62, 165}, /* arch_prctl */
	{49, 73, 190}, /* bind */
	{321, 78, 213}, /* bpf */
	{12, 82, 232}, /* brk */
	{451, 86, 238}, /* cachestat */
	{125, 96, 270}, /* capget */
	{126, 103, 288}, /* capset */
	{80, 110, 303}, /* chdir */
	{90, 116, 314}, /* chmod */
	{92, 122, 331}, /* chown */
	{161, 128, 303}, /* chroot */
	{305, 135, 355}, /* clock_adjtime */
	{229, 149, 374}, /* clock_getres */
	{228, 162, 374}, /* clock_gettime */
	{230, 176, 392}, /* clock_nanosleep */
	{227, 192, 374}, /* clock_settime */
	{56, 206, 425}, /* clone */
	{435, 212, 480}, /* clone3 */
	{3, 219, 494}, /* close */
	{436, 225, 499}, /* close_range */
	{42, 237, 519}, /* connect */
	{326, 245, 544}, /* copy_file_range */
	{85, 261, 589}, /* creat */
	{174, 267, 606}, /* create_module */
	{176, 281, 619}, /* delete_module */
	{32, 295, 638}, /* dup */
	{33, 299, 647}, /* dup2 */
	{292, 304, 662}, /* dup3 */
	{213, 309, 684}, /* epoll_create */
	{291, 322, 691}, /* epoll_create1 */
	{233, 336, 699}, /* epoll_ctl */
	{214, 346, 154}, /* epoll_ctl_old */
	{281, 360, 721}, /* epoll_pwait */
	{441, 372, 777}, /* epoll_pwait2 */
	{232, 385, 833}, /* epoll_wait */
	{215, 396, 154}, /* epoll_wait_old */
	{284, 411, 868}, /* eventfd */
	{290, 419, 876}, /* eventfd2 */
	{59, 428, 891}, /* execve */
	{322, 435, 914}, /* execveat */
	{60, 444, 948}, /* exit */
	{231, 449, 948}, /* exit_group */
	{269, 460, 961}, /* faccessat */
	{439, 470, 983}, /* faccessat2 */
	{221, 481, 1012}, /* fadvise64 */
	{285, 491, 1038}, /* fallocate */
	{300, 501, 1062}, /* fanotify_init */
	{301, 515, 1085}, /* fanotify_mark */
	{81, 529, 494}, /* fchdir */
	{91, 536, 1127}, /* fchmod */
	{268, 543, 1138}, /* fchmodat */
	{452, 552, 1160}, /* fchmodat2 */
	{93, 562, 1189}, /* fchown */
	{260, 569, 1207}, /* fchownat */
	{72, 578, 1242}, /* fcntl */
	{75, 584, 494}, /* fdatasync */
	{193, 594, 1257}, /* fgetxattr */
	{468, 604, 1281}, /* file_getattr */
	{469, 617, 1281}, /* file_setattr */
	{313, 630, 1322}, /* finit_module */
	{196, 643, 1341}, /* flistxattr */
	{73, 654, 1358}, /* flock */
	{57, 660, 154}, /* fork */
	{199, 665, 1368}, /* fremovexattr */
	{431, 678, 1379}, /* fsconfig */
	{190, 687, 1406}, /* fsetxattr */
	{432, 697, 1437}, /* fsmount */
	{430, 705, 1464}, /* fsopen */
	{433, 712, 1481}, /* fspick */
	{5 | SYS_ALIAS, 719, 1500}, /* fstat */
	{138, 725, 1514}, /* fstatfs */
	{74, 733, 494}, /* fsync */
	{77, 739, 1524}, /* ftruncate */
	{202, 749, 1537}, /* futex */
	{456, 755, 1575}, /* futex_requeue */
	{455, 769, 1613}, /* futex_wait */
	{449, 780, 1657}, /* futex_waitv */
	{454, 792, 1704}, /* futex_wake */
	{261, 803, 1729}, /* futimesat */
	{177, 813, 1753}, /* get_kernel_syms */
	{239, 829, 1761}, /* get_mempolicy */
	{274, 843, 1799}, /* get_robust_list */
	{211, 859, 1824}, /* get_thread_area */
	{309, 875, 1833}, /* getcpu */
	{79, 882, 1855}, /* getcwd */
	{78, 889, 1867}, /* getdents */
	{217, 898, 1867}, /* getdents64 */
	{108, 909, 154}, /* getegid */
	{107, 917, 154}, /* geteuid */
	{104, 925, 154}, /* getgid */
	{115, 932, 1887}, /* getgroups */
	{36, 942, 1911}, /* getitimer */
	{52, 952, 1926}, /* getpeername */
	{121, 964, 1957}, /* getpgid */
	{111, 972, 154}, /* getpgrp */
	{39, 980, 154}, /* getpid */
	{181, 987, 154}, /* getpmsg */
	{110, 995, 154}, /* getppid */
	{140, 1003, 1963}, /* getpriority */
	{318, 1015, 1976}, /* getrandom */
	{120, 1025, 2005}, /* getresgid */
	{118, 1035, 2027}, /* getresuid */
	{97, 1045, 2049}, /* getrlimit */
	{98, 1055, 2066}, /* getrusage */
	{124, 1065, 1957}, /* getsid */
	{51, 1072, 1926}, /* getsockname */
	{55, 1084, 2076}, /* getsockopt */
	{186, 1095, 154}, /* gettid */
	{96, 1102, 2113}, /* gettimeofday */
	{102, 1115, 154}, /* getuid */
	{191, 1122, 2122}, /* getxattr */
	{464, 1131, 2152}, /* getxattrat */
	{175, 1142, 2198}, /* init_module */
	{254, 1154, 2217}, /* inotify_add_watch */
	{253, 1172, 154}, /* inotify_init */
	{294, 1185, 691}, /* inotify_init1 */
	{255, 1199, 2238}, /* inotify_rm_watch */
	{210, 1216, 2247}, /* io_cancel */
	{207, 1226, 2270}, /* io_destroy */
	{208, 1237, 2276}, /* io_getevents */
	{333, 1250, 2314}, /* io_pgetevents */
	{206, 1264, 2358}, /* io_setup */
	{209, 1273, 2376}, /* io_submit */
	{426, 1283, 2397}, /* io_uring_enter */
	{427, 1298, 2447}, /* io_uring_register */
	{425, 1316, 2474}, /* io_uring_setup */
	{16, 1331, 1242}, /* ioctl */
	{173, 1337, 2492}, /* ioperm */
	{172, 1344, 2513}, /* iopl */
	{252, 1349, 1963}, /* ioprio_get */
	{251, 1360, 2521}, /* ioprio_set */
	{312, 1371, 2542}, /* kcmp */
	{320, 1376, 2573}, /* kexec_file_load */
	{246, 1392, 2629}, /* kexec_load */
	{250, 1403, 2667}, /* keyctl */
	{62, 1410, 2700}, /* kill */
	{445, 1415, 2711}, /* landlock_add_rule */
	{444, 1433, 2753}, /* landlock_create_ruleset */
	{446, 1457, 2773}, /* landlock_restrict_self */
	{94, 1480, 331}, /* lchown */
	{192, 1487, 2122}, /* lgetxattr */
	{86, 1497, 2793}, /* link */
	{265, 1502, 2812}, /* linkat */
	{50, 1509, 2854}, /* listen */
	{458, 1516, 2868}, /* listmount */
	{470, 1526, 2902}, /* listns */
	{194, 1533, 2934}, /* listxattr */
	{465, 1543, 2957}, /* listxattrat */
	{195, 1555, 2934}, /* llistxattr */
	{212, 1566, 2995}, /* lookup_dcookie */
	{198, 1581, 3016}, /* lremovexattr */
	{8, 1594, 3033}, /* lseek */
	{189, 1600, 3054}, /* lsetxattr */
	{459, 1610, 3091}, /* lsm_get_self_attr */
	{461, 1628, 3116}, /* lsm_list_modules */
	{460, 1645, 3135}, /* lsm_set_self_attr */
	{6 | SYS_ALIAS, 1663, 3160}, /* lstat */
	{28, 1669, 3180}, /* madvise */
	{453, 1677, 3206}, /* map_shadow_stack */
	{237, 1694, 3226}, /* mbind */
	{324, 1700, 3268}, /* membarrier */
	{319, 1711, 3289}, /* memfd_create */
	{447, 1724, 691}, /* memfd_secret */
	{256, 1737, 3304}, /* migrate_pages */
	{27, 1751, 3341}, /* mincore */
	{83, 1759, 589}, /* mkdir */
	{258, 1765, 3359}, /* mkdirat */
	{133, 1773, 3381}, /* mknod */
	{259, 1779, 3403}, /* mknodat */
	{149, 1787, 3430}, /* mlock */
	{325, 1793, 3443}, /* mlock2 */
	{151, 1800, 691}, /* mlockall */
	{9, 1809, 3463}, /* mmap */
	{154, 1814, 3497}, /* modify_ldt */
	{165, 1825, 3520}, /* mount */
	{442, 1831, 3560}, /* mount_setattr */
	{429, 1845, 3593}, /* move_mount */
	{279, 1856, 3647}, /* move_pages */
	{10, 1867, 3692}, /* mprotect */
	{245, 1876, 3711}, /* mq_getsetattr */
	{244, 1890, 3740}, /* mq_notify */
	{240, 1900, 3764}, /* mq_open */
	{243, 1908, 3794}, /* mq_timedreceive */
	{242, 1924, 3849}, /* mq_timedsend */
	{241, 1937, 3902}, /* mq_unlink */
	{25, 1947, 3911}, /* mremap */
	{462, 1954, 3953}, /* mseal */
	{71, 1960, 3973}, /* msgctl */
	{68, 1967, 3991}, /* msgget */
	{70, 1974, 4005}, /* msgrcv */
	{69, 1981, 4042}, /* msgsnd */
	{26, 1988, 3443}, /* msync */
	{150, 1994, 3430}, /* munlock */
	{152, 2002, 154}, /* munlockall */
	{11, 2013, 4071}, /* munmap */
	{303, 2020, 4083}, /* name_to_handle_at */
	{35, 2038, 4117}, /* nanosleep */
	{5, 2048, 1500}, /* newfstat */
	{262, 2057, 4130}, /* newfstatat */
	{6, 2068, 3160}, /* newlstat */
	{4, 2077, 3160}, /* newstat */
	{63, 2085, 96}, /* newuname */
	{180, 2094, 4161}, /* nfsservctl */
	{2, 2105, 4179}, /* open */
	{304, 2110, 4203}, /* open_by_handle_at */
	{428, 2128, 4231}, /* open_tree */
	{467, 2138, 4254}, /* open_tree_attr */
	{257, 2153, 4291}, /* openat */
	{437, 2160, 4320}, /* openat2 */
	{34, 2168, 154}, /* pause */
	{298, 2174, 4348}, /* perf_event_open */
	{135, 2190, 4387}, /* personality */
	{438, 2202, 4401}, /* pidfd_getfd */
	{434, 2214, 4420}, /* pidfd_open */
	{424, 2225, 4433}, /* pidfd_send_signal */
	{22, 2243, 4459}, /* pipe */
	{293, 2248, 4468}, /* pipe2 */
	{155, 2254, 4484}, /* pivot_root */
	{330, 2265, 4504}, /* pkey_alloc */
	{331, 2276, 4522}, /* pkey_free */
	{329, 2286, 4529}, /* pkey_mprotect */
	{7, 2300, 4554}, /* poll */
	{271, 2305, 4582}, /* ppoll */
	{157, 2311, 2667}, /* prctl */
	{17, 2317, 4621}, /* pread64 */
	{295, 2325, 4643}, /* preadv */
	{327, 2332, 4673}, /* preadv2 */
	{302, 2340, 4710}, /* prlimit64 */
	{440, 2350, 4746}, /* process_madvise */
	{448, 2366, 4782}, /* process_mrelease */
	{310, 2383, 4797}, /* process_vm_readv */
	{311, 2400, 4797}, /* process_vm_writev */
	{270, 2418, 4840}, /* pselect6 */
	{101, 2427, 4870}, /* ptrace */
	{182, 2434, 154}, /* putpmsg */
	{18, 2442, 4621}, /* pwrite64 */
	{296, 2451, 4643}, /* pwritev */
	{328, 2459, 4673}, /* pwritev2 */
	{178, 2468, 4897}, /* query_module */
	{179, 2481, 4930}, /* quotactl */
	{443, 2490, 4955}, /* quotactl_fd */
	{0, 2502, 4975}, /* read */
	{187, 2507, 4992}, /* readahead */
	{89, 2517, 5012}, /* readlink */
	{267, 2526, 5032}, /* readlinkat */
	{19, 2537, 5061}, /* readv */
	{169, 2543, 5077}, /* reboot */
	{45, 2550, 5104}, /* recvfrom */
	{299, 2559, 5144}, /* recvmmsg */
	{47, 2568, 5177}, /* recvmsg */
	{216, 2576, 5194}, /* remap_file_pages */
	{197, 2593, 3016}, /* removexattr */
	{466, 2605, 5228}, /* removexattrat */
	{82, 2619, 2793}, /* rename */
	{264, 2626, 5260}, /* renameat */
	{316, 2635, 2812}, /* renameat2 */
	{249, 2645, 5295}, /* request_key */
	{219, 2657, 154}, /* restart_syscall */
	{84, 2673, 5341}, /* rmdir */
	{334, 2679, 5352}, /* rseq */
	{471, 2684, 154}, /* rseq_slice_yield */
	{13, 2701, 5381}, /* rt_sigaction */
	{127, 2714, 5410}, /* rt_sigpending */
	{14, 2728, 5429}, /* rt_sigprocmask */
	{129, 2743, 5459}, /* rt_sigqueueinfo */
	{15, 2759, 154}, /* rt_sigreturn */
	{130, 2772, 5477}, /* rt_sigsuspend */
	{128, 2786, 5499}, /* rt_sigtimedwait */
	{297, 2802, 5532}, /* rt_tgsigqueueinfo */
	{146, 2820, 5556}, /* sched_get_priority_max */
	{147, 2843, 5556}, /* sched_get_priority_min */
	{204, 2866, 5565}, /* sched_getaffinity */
	{315, 2884, 5591}, /* sched_getattr */
	{143, 2898, 5623}, /* sched_getparam */
	{145, 2913, 1957}, /* sched_getscheduler */
	{148, 2932, 5636}, /* sched_rr_get_interval */
	{203, 2954, 5565}, /* sched_setaffinity */
	{314, 2972, 5652}, /* sched_setattr */
	{142, 2986, 5623}, /* sched_setparam */
	{144, 3001, 5672}, /* sched_setscheduler */
	{24, 3020, 154}, /* sched_yield */
	{317, 3032, 5693}, /* seccomp */
	{185, 3040, 154}, /* security */
	{23, 3049, 5712}, /* select */
	{66, 3056, 5737}, /* semctl */
	{64, 3063, 5763}, /* semget */
	{65, 3070, 5784}, /* semop */
	{220, 3076, 5806}, /* semtimedop */
	{40 | SYS_ALIAS, 3087, 5837}, /* sendfile */
	{40, 3096, 5837}, /* sendfile64 */
	{307, 3107, 5868}, /* sendmmsg */
	{46, 3116, 5177}, /* sendmsg */
	{44, 3124, 5892}, /* sendto */
	{238, 3131, 5931}, /* set_mempolicy */
	{450, 3145, 5954}, /* set_mempolicy_home_node */
	{273, 3169, 5985}, /* set_robust_list */
	{205, 3185, 1824}, /* set_thread_area */
	{218, 3201, 5997}, /* set_tid_address */
	{171, 3217, 6006}, /* setdomainname */
	{123, 3231, 6018}, /* setfsgid */
	{122, 3240, 6024}, /* setfsuid */
	{106, 3249, 6018}, /* setgid */
	{116, 3256, 1887}, /* setgroups */
	{170, 3266, 6006}, /* sethostname */
	{38, 3278, 6030}, /* setitimer */
	{308, 3288, 6053}, /* setns */
	{109, 3294, 6072}, /* setpgid */
	{141, 3302, 6084}, /* setpriority */
	{114, 3314, 6106}, /* setregid */
	{119, 3323, 6119}, /* setresgid */
	{117, 3333, 6138}, /* setresuid */
	{113, 3343, 6157}, /* setreuid */
	{160, 3352, 2049}, /* setrlimit */
	{112, 3362, 154}, /* setsid */
	{54, 3369, 6170}, /* setsockopt */
	{164, 3380, 2113}, /* settimeofday */
	{105, 3393, 6024}, /* setuid */
	{188, 3400, 3054}, /* setxattr */
	{463, 3409, 2152}, /* setxattrat */
	{30, 3420, 6207}, /* shmat */
	{31, 3426, 6232}, /* shmctl */
	{67, 3433, 6250}, /* shmdt */
	{29, 3439, 6260}, /* shmget */
	{48, 3446, 6280}, /* shutdown */
	{131, 3455, 6290}, /* sigaltstack */
	{282, 3467, 6302}, /* signalfd */
	{289, 3476, 6329}, /* signalfd4 */
	{41, 3486, 6363}, /* socket */
	{53, 3493, 6388}, /* socketpair */
	{275, 3504, 544}, /* splice */
	{4 | SYS_ALIAS, 3511, 3160}, /* stat */
	{137, 3516, 6423}, /* statfs */
	{457, 3523, 6439}, /* statmount */
	{332, 3533, 6466}, /* statx */
	{168, 3539, 6503}, /* swapoff */
	{167, 3547, 6517}, /* swapon */
	{88, 3554, 2793}, /* symlink */
	{266, 3562, 6543}, /* symlinkat */
	{162, 3572, 154}, /* sync */
	{277, 3577, 6570}, /* sync_file_range */
	{306, 3593, 494}, /* syncfs */
	{156, 3600, 6598}, /* sysctl */
	{139, 3607, 6605}, /* sysfs */
	{99, 3613, 6626}, /* sysinfo */
	{103, 3621, 6633}, /* syslog */
	{276, 3628, 6650}, /* tee */
	{234, 3632, 6676}, /* tgkill */
	{201, 3639, 6693}, /* time */
	{222, 3644, 6700}, /* timer_create */
	{226, 3657, 6750}, /* timer_delete */
	{225, 3670, 6750}, /* timer_getoverrun */
	{224, 3687, 6761}, /* timer_gettime */
	{223, 3701, 6781}, /* timer_settime */
	{283, 3715, 6825}, /* timerfd_create */
	{287, 3730, 6842}, /* timerfd_gettime */
	{286, 3746, 6854}, /* timerfd_settime */
	{100, 3762, 6879}, /* times */
	{200, 3768, 2700}, /* tkill */
	{76, 3774, 6886}, /* truncate */
	{184, 3783, 154}, /* tuxcall */
	{95, 3791, 6901}, /* umask */
	{166, 3797, 6908}, /* umount */
	{166 | SYS_ALIAS, 3804, 6908}, /* umount2 */
	{63 | SYS_ALIAS, 3812, 96}, /* uname */
	{87, 3818, 5341}, /* unlink */
	{263, 3825, 6922}, /* unlinkat */
	{272, 3834, 6944}, /* unshare */
	{336, 3842, 154}, /* uprobe */
	{335, 3849, 154}, /* uretprobe */
	{134, 3859, 6960}, /* uselib */
	{323, 3866, 691}, /* userfaultfd */
	{136, 3878, 6970}, /* ustat */
	{132, 3884, 6982}, /* utime */
	{280, 3890, 7000}, /* utimensat */
	{235, 3900, 7031}, /* utimes */
	{58, 3907, 154}, /* vfork */
	{153, 3913, 154}, /* vhangup */
	{278, 3921, 7050}, /* vmsplice */
	{236, 3930, 154}, /* vserver */
	{61, 3938, 7081}, /* wait4 */
	{247, 3944, 7112}, /* waitid */
	{1, 3951, 4975}, /* write */
	{20, 3957, 5061}, /* writev */
};

static const struct sys_weight x86_64_weights[] = {
	{0, 60}, {1, 50}, {2, 8}, {3, 30}, {4, 8}, {5, 20}, {6, 5}, {7, 15}, {8, 12}, {9, 20},
	{10, 10}, {11, 12}, {12, 8}, {13, 8}, {14, 10}, {15, 3}, {16, 10}, {17, 10}, {18, 6},
	{19, 4}, {20, 10}, {21, 4}, {23, 4}, {24, 5}, {28, 6}, {33, 1}, {35, 5}, {39, 6},
	{41, 4}, {42, 3}, {44, 20}, {45, 20}, {46, 10}, {47, 12}, {56, 2}, {59, 2}, {61, 3},
	{63, 1}, {72, 8}, {74, 2}, {75, 2}, {89, 3}, {96, 3}, {102, 2}, {104, 2}, {107, 2},
	{108, 2}, {110, 1}, {186, 4}, {202, 50}, {217, 4}, {228, 10}, {230, 6}, {231, 2},
	{232, 20}, {233, 6}, {234, 1}, {257, 25}, {262, 20}, {267, 3}, {269, 3}, {270, 4},
	{271, 6}, {273, 1}, {281, 15}, {286, 2}, {288, 3}, {290, 1}, {292, 1}, {293, 1},
	{302, 1}, {318, 3}, {332, 8}, {334, 1}, {426, 5}, {435, 2},
};

static const struct sys_entry i386_calls[] = {
	{364, 7, 7146}, /* accept4 */
	{33, 15, 7189}, /* access */
	{51, 22, 7206}, /* acct */
	{286, 27, 7213}, /* add_key */
	{124, 35, 7256}, /* adjtimex */
	{137, 44, 154}, /* afs_syscall */
	{27, 56, 155}, /* alarm */
	{384, 62, 7262}, /* arch_prctl */
	{134, 3964, 7287}, /* bdflush */
	{361, 73, 7300}, /* bind */
	{357, 78, 7323}, /* bpf */
	{17, 3972, 154}, /* break */
	{45, 82, 7342}, /* brk */
	{451, 86, 7348}, /* cachestat */
	{184, 96, 7380}, /* capget */
	{185, 103, 7398}, /* capset */
	{12, 110, 7413}, /* chdir */
	{15, 116, 7424}, /* chmod */
	{212, 122, 7441}, /* chown */
	{182, 3978, 7465}, /* chown16 */
	{212 | SYS_ALIAS, 3986, 7441}, /* chown32 */
	{61, 128, 7413}, /* chroot */
	{343, 135, 7489}, /* clock_adjtime */
	{405, 3994, 7508}, /* clock_adjtime64 */
	{266, 149, 7527}, /* clock_getres */
	{406, 4010, 7527}, /* clock_getres_time64 */
	{265, 162, 7527}, /* clock_gettime */
	{403, 4030, 7527}, /* clock_gettime64 */
	{267, 176, 7545}, /* clock_nanosleep */
	{407, 4046, 7545}, /* clock_nanosleep_time64 */
	{264, 192, 7527}, /* clock_settime */
	{404, 4069, 7527}, /* clock_settime64 */
	{120, 206, 7578}, /* clone */
	{435, 212, 7633}, /* clone3 */
	{6, 219, 494}, /* close */
	{436, 225, 499}, /* close_range */
	{362, 237, 7647}, /* connect */
	{377, 245, 7672}, /* copy_file_range */
	{8, 261, 7717}, /* creat */
	{127, 267, 7734}, /* create_module */
	{129, 281, 7747}, /* delete_module */
	{41, 295, 638}, /* dup */
	{63, 299, 647}, /* dup2 */
	{330, 304, 662}, /* dup3 */
	{254, 309, 684}, /* epoll_create */
	{329, 322, 691}, /* epoll_create1 */
	{255, 336, 7766}, /* epoll_ctl */
	{319, 360, 7788}, /* epoll_pwait */
	{441, 372, 7788}, /* epoll_pwait2 */
	{256, 385, 7844}, /* epoll_wait */
	{323, 411, 868}, /* eventfd */
	{328, 419, 876}, /* eventfd2 */
	{11, 428, 7879}, /* execve */
	{358, 435, 7902}, /* execveat */
	{1, 444, 948}, /* exit */
	{252, 449, 948}, /* exit_group */
	{307, 460, 7936}, /* faccessat */
	{439, 470, 7958}, /* faccessat2 */
	{250, 481, 7987}, /* fadvise64 */
	{272, 4085, 8027}, /* fadvise64_64 */
	{324, 491, 8084}, /* fallocate */
	{338, 501, 1062}, /* fanotify_init */
	{339, 515, 8133}, /* fanotify_mark */
	{133, 529, 494}, /* fchdir */
	{94, 536, 1127}, /* fchmod */
	{306, 543, 8187}, /* fchmodat */
	{452, 552, 8209}, /* fchmodat2 */
	{207, 562, 1189}, /* fchown */
	{95, 4098, 8238}, /* fchown16 */
	{207 | SYS_ALIAS, 4107, 1189}, /* fchown32 */
	{298, 569, 8256}, /* fchownat */
	{55, 578, 8291}, /* fcntl */
	{221, 4116, 8291}, /* fcntl64 */
	{148, 584, 494}, /* fdatasync */
	{231, 594, 8306}, /* fgetxattr */
	{468, 604, 8330}, /* file_getattr */
	{469, 617, 8330}, /* file_setattr */
	{350, 630, 8371}, /* finit_module */
	{234, 643, 8390}, /* flistxattr */
	{143, 654, 1358}, /* flock */
	{2, 660, 154}, /* fork */
	{237, 665, 8407}, /* fremovexattr */
	{431, 678, 8418}, /* fsconfig */
	{228, 687, 8445}, /* fsetxattr */
	{432, 697, 1437}, /* fsmount */
	{430, 705, 8476}, /* fsopen */
	{433, 712, 8493}, /* fspick */
	{28, 719, 8512}, /* fstat */
	{197, 4124, 8512}, /* fstat64 */
	{300, 4132, 8526}, /* fstatat64 */
	{100, 725, 8557}, /* fstatfs */
	{269, 4142, 8567}, /* fstatfs64 */
	{118, 733, 494}, /* fsync */
	{35, 4152, 154}, /* ftime */
	{93, 739, 8581}, /* ftruncate */
	{194, 4158, 8594}, /* ftruncate64 */
	{240, 749, 8624}, /* futex */
	{456, 755, 8662}, /* futex_requeue */
	{422, 4170, 8624}, /* futex_time64 */
	{455, 769, 8700}, /* futex_wait */
	{449, 780, 8744}, /* futex_waitv */
	{454, 792, 8791}, /* futex_wake */
	{299, 803, 8816}, /* futimesat */
	{130, 813, 8835}, /* get_kernel_syms */
	{275, 829, 8843}, /* get_mempolicy */
	{312, 843, 8881}, /* get_robust_list */
	{244, 859, 8906}, /* get_thread_area */
	{318, 875, 8915}, /* getcpu */
	{183, 882, 8937}, /* getcwd */
	{141, 889, 8949}, /* getdents */
	{220, 898, 8949}, /* getdents64 */
	{202, 909, 154}, /* getegid */
	{50, 4183, 154}, /* getegid16 */
	{202 | SYS_ALIAS, 4193, 154}, /* getegid32 */
	{201, 917, 154}, /* geteuid */
	{49, 4203, 154}, /* geteuid16 */
	{201 | SYS_ALIAS, 4213, 154}, /* geteuid32 */
	{200, 925, 154}, /* getgid */
	{47, 4223, 154}, /* getgid16 */
	{200 | SYS_ALIAS, 4232, 154}, /* getgid32 */
	{205, 932, 8969}, /* getgroups */
	{80, 4241, 8969}, /* getgroups16 */
	{205 | SYS_ALIAS, 4253, 8969}, /* getgroups32 */
	{105, 942, 8993}, /* getitimer */
	{368, 952, 9008}, /* getpeername */
	{132, 964, 1957}, /* getpgid */
	{65, 972, 154}, /* getpgrp */
	{20, 980, 154}, /* getpid */
	{188, 987, 154}, /* getpmsg */
	{64, 995, 154}, /* getppid */
	{96, 1003, 1963}, /* getpriority */
	{355, 1015, 9039}, /* getrandom */
	{211, 1025, 9068}, /* getresgid */
	{171, 4265, 9068}, /* getresgid16 */
	{211 | SYS_ALIAS, 4277, 9068}, /* getresgid32 */
	{209, 1035, 9090}, /* getresuid */
	{165, 4289, 9090}, /* getresuid16 */
	{209 | SYS_ALIAS, 4301, 9090}, /* getresuid32 */
	{191, 1045, 9112}, /* getrlimit */
	{77, 1055, 9129}, /* getrusage */
	{147, 1065, 1957}, /* getsid */
	{367, 1072, 9008}, /* getsockname */
	{365, 1084, 9139}, /* getsockopt */
	{224, 1095, 154}, /* gettid */
	{78, 1102, 9176}, /* gettimeofday */
	{199, 1115, 154}, /* getuid */
	{24, 4313, 154}, /* getuid16 */
	{199 | SYS_ALIAS, 4322, 154}, /* getuid32 */
	{229, 1122, 9185}, /* getxattr */
	{464, 1131, 9215}, /* getxattrat */
	{32, 4331, 154}, /* gtty */
	{112, 4336, 154}, /* idle */
	{128, 1142, 9261}, /* init_module */
	{292, 1154, 9280}, /* inotify_add_watch */
	{291, 1172, 154}, /* inotify_init */
	{332, 1185, 691}, /* inotify_init1 */
	{293, 1199, 2238}, /* inotify_rm_watch */
	{249, 1216, 9301}, /* io_cancel */
	{246, 1226, 9324}, /* io_destroy */
	{247, 1237, 9330}, /* io_getevents */
	{385, 1250, 9368}, /* io_pgetevents */
	{416, 4341, 9368}, /* io_pgetevents_time64 */
	{245, 1264, 9412}, /* io_setup */
	{248, 1273, 9430}, /* io_submit */
	{426, 1283, 9451}, /* io_uring_enter */
	{427, 1298, 9501}, /* io_uring_register */
	{425, 1316, 9528}, /* io_uring_setup */
	{54, 1331, 8291}, /* ioctl */
	{101, 1337, 9546}, /* ioperm */
	{110, 1344, 2513}, /* iopl */
	{290, 1349, 1963}, /* ioprio_get */
	{289, 1360, 2521}, /* ioprio_set */
	{117, 4362, 9567}, /* ipc */
	{349, 1371, 9608}, /* kcmp */
	{283, 1392, 9639}, /* kexec_load */
	{288, 1403, 9677}, /* keyctl */
	{37, 1410, 2700}, /* kill */
	{445, 1415, 9710}, /* landlock_add_rule */
	{444, 1433, 9752}, /* landlock_create_ruleset */
	{446, 1457, 2773}, /* landlock_restrict_self */
	{198, 1480, 7441}, /* lchown */
	{16, 4366, 7465}, /* lchown16 */
	{198 | SYS_ALIAS, 4375, 7441}, /* lchown32 */
	{230, 1487, 9185}, /* lgetxattr */
	{9, 1497, 9772}, /* link */
	{303, 1502, 9791}, /* linkat */
	{363, 1509, 2854}, /* listen */
	{458, 1516, 9833}, /* listmount */
	{470, 1526, 9867}, /* listns */
	{232, 1533, 9899}, /* listxattr */
	{465, 1543, 9922}, /* listxattrat */
	{233, 1555, 9899}, /* llistxattr */
	{140, 4384, 9960}, /* llseek */
	{53, 4391, 154}, /* lock */
	{253, 1566, 10006}, /* lookup_dcookie */
	{236, 1581, 10043}, /* lremovexattr */
	{19, 1594, 10060}, /* lseek */
	{227, 1600, 10081}, /* lsetxattr */
	{459, 1610, 10118}, /* lsm_get_self_attr */
	{461, 1628, 10143}, /* lsm_list_modules */
	{460, 1645, 10118}, /* lsm_set_self_attr */
	{84, 1663, 10162}, /* lstat */
	{196, 4396, 10162}, /* lstat64 */
	{219, 1669, 10182}, /* madvise */
	{453, 1677, 10208}, /* map_shadow_stack */
	{274, 1694, 10228}, /* mbind */
	{375, 1700, 3268}, /* membarrier */
	{356, 1711, 10270}, /* memfd_create */
	{447, 1724, 691}, /* memfd_secret */
	{294, 1737, 10285}, /* migrate_pages */
	{218, 1751, 10322}, /* mincore */
	{39, 1759, 7717}, /* mkdir */
	{296, 1765, 10340}, /* mkdirat */
	{14, 1773, 10362}, /* mknod */
	{297, 1779, 10384}, /* mknodat */
	{150, 1787, 10411}, /* mlock */
	{376, 1793, 10424}, /* mlock2 */
	{152, 1800, 691}, /* mlockall */
	{90 | SYS_ALIAS, 1809, 10444}, /* mmap */
	{192 | SYS_ALIAS, 4404, 10450}, /* mmap2 */
	{192, 4410, 10450}, /* mmap_pgoff */
	{123, 1814, 10486}, /* modify_ldt */
	{21, 1825, 10509}, /* mount */
	{442, 1831, 10549}, /* mount_setattr */
	{429, 1845, 10582}, /* move_mount */
	{317, 1856, 10636}, /* move_pages */
	{125, 1867, 10681}, /* mprotect */
	{56, 4421, 154}, /* mpx */
	{282, 1876, 10700}, /* mq_getsetattr */
	{281, 1890, 10729}, /* mq_notify */
	{277, 1900, 10753}, /* mq_open */
	{280, 1908, 10783}, /* mq_timedreceive */
	{419, 4425, 10783}, /* mq_timedreceive_time64 */
	{279, 1924, 10838}, /* mq_timedsend */
	{418, 4448, 10838}, /* mq_timedsend_time64 */
	{278, 1937, 10891}, /* mq_unlink */
	{163, 1947, 10900}, /* mremap */
	{462, 1954, 10424}, /* mseal */
	{402, 1960, 10942}, /* msgctl */
	{399, 1967, 3991}, /* msgget */
	{401, 1974, 10960}, /* msgrcv */
	{400, 1981, 10997}, /* msgsnd */
	{144, 1988, 10424}, /* msync */
	{151, 1994, 10411}, /* munlock */
	{153, 2002, 154}, /* munlockall */
	{91, 2013, 11026}, /* munmap */
	{341, 2020, 11038}, /* name_to_handle_at */
	{162, 2038, 11072}, /* nanosleep */
	{108, 2048, 8512}, /* newfstat */
	{107, 2068, 10162}, /* newlstat */
	{142 | SYS_ALIAS, 4468, 11085}, /* newselect */
	{106, 2077, 10162}, /* newstat */
	{122, 2085, 7206}, /* newuname */
	{169, 2094, 11110}, /* nfsservctl */
	{34, 4478, 11128}, /* nice */
	{76, 4483, 9112}, /* old_getrlimit */
	{90, 4497, 10444}, /* old_mmap */
	{89, 4506, 8949}, /* old_readdir */
	{82, 4518, 10444}, /* old_select */
	{28 | SYS_ALIAS, 4529, 8512}, /* oldfstat */
	{84 | SYS_ALIAS, 4538, 10162}, /* oldlstat */
	{59 | SYS_ALIAS, 4547, 7206}, /* oldolduname */
	{18 | SYS_ALIAS, 4559, 10162}, /* oldstat */
	{22, 4567, 7206}, /* oldumount */
	{59, 4577, 7206}, /* olduname */
	{5, 2105, 11140}, /* open */
	{342, 2110, 11164}, /* open_by_handle_at */
	{428, 2128, 11192}, /* open_tree */
	{467, 2138, 11215}, /* open_tree_attr */
	{295, 2153, 11252}, /* openat */
	{437, 2160, 11281}, /* openat2 */
	{29, 2168, 154}, /* pause */
	{336, 2174, 11309}, /* perf_event_open */
	{136, 2190, 4387}, /* personality */
	{438, 2202, 4401}, /* pidfd_getfd */
	{434, 2214, 4420}, /* pidfd_open */
	{424, 2225, 11348}, /* pidfd_send_signal */
	{42, 2243, 638}, /* pipe */
	{331, 2248, 11374}, /* pipe2 */
	{217, 2254, 11390}, /* pivot_root */
	{381, 2265, 11410}, /* pkey_alloc */
	{382, 2276, 4522}, /* pkey_free */
	{380, 2286, 11428}, /* pkey_mprotect */
	{168, 2300, 11453}, /* poll */
	{309, 2305, 11481}, /* ppoll */
	{414, 4586, 11481}, /* ppoll_time64 */
	{172, 2311, 9677}, /* prctl */
	{180, 2317, 11520}, /* pread64 */
	{333, 2325, 11552}, /* preadv */
	{378, 2332, 11582}, /* preadv2 */
	{340, 2340, 11619}, /* prlimit64 */
	{440, 2350, 11655}, /* process_madvise */
	{448, 2366, 4782}, /* process_mrelease */
	{347, 2383, 11691}, /* process_vm_readv */
	{348, 2400, 11691}, /* process_vm_writev */
	{44, 4599, 154}, /* prof */
	{98, 4604, 154}, /* profil */
	{308, 2418, 11734}, /* pselect6 */
	{413, 4611, 11734}, /* pselect6_time64 */
	{26, 2427, 11764}, /* ptrace */
	{189, 2434, 154}, /* putpmsg */
	{181, 2442, 11520}, /* pwrite64 */
	{334, 2451, 11552}, /* pwritev */
	{379, 2459, 11582}, /* pwritev2 */
	{167, 2468, 11791}, /* query_module */
	{131, 2481, 11824}, /* quotactl */
	{443, 2490, 11849}, /* quotactl_fd */
	{3, 2502, 11869}, /* read */
	{225, 2507, 11886}, /* readahead */
	{89 | SYS_ALIAS, 4627, 8949}, /* readdir */
	{85, 2517, 11914}, /* readlink */
	{305, 2526, 11934}, /* readlinkat */
	{145, 2537, 11963}, /* readv */
	{88, 2543, 11979}, /* reboot */
	{371, 2550, 12006}, /* recvfrom */
	{337, 2559, 12046}, /* recvmmsg */
	{417, 4635, 12046}, /* recvmmsg_time64 */
	{372, 2568, 12079}, /* recvmsg */
	{257, 2576, 12096}, /* remap_file_pages */
	{235, 2593, 10043}, /* removexattr */
	{466, 2605, 12130}, /* removexattrat */
	{38, 2619, 9772}, /* rename */
	{302, 2626, 12162}, /* renameat */
	{353, 2635, 9791}, /* renameat2 */
	{287, 2645, 12197}, /* request_key */
	{0, 2657, 154}, /* restart_syscall */
	{40, 2673, 12243}, /* rmdir */
	{386, 2679, 12254}, /* rseq */
	{471, 2684, 154}, /* rseq_slice_yield */
	{174, 2701, 12283}, /* rt_sigaction */
	{176, 2714, 12312}, /* rt_sigpending */
	{175, 2728, 12331}, /* rt_sigprocmask */
	{178, 2743, 12361}, /* rt_sigqueueinfo */
	{173, 2759, 154}, /* rt_sigreturn */
	{179, 2772, 12379}, /* rt_sigsuspend */
	{177, 2786, 12401}, /* rt_sigtimedwait */
	{421, 4651, 12401}, /* rt_sigtimedwait_time64 */
	{335, 2802, 12434}, /* rt_tgsigqueueinfo */
	{159, 2820, 5556}, /* sched_get_priority_max */
	{160, 2843, 5556}, /* sched_get_priority_min */
	{242, 2866, 12458}, /* sched_getaffinity */
	{352, 2884, 12484}, /* sched_getattr */
	{155, 2898, 12516}, /* sched_getparam */
	{157, 2913, 1957}, /* sched_getscheduler */
	{161, 2932, 12529}, /* sched_rr_get_interval */
	{423, 4674, 12529}, /* sched_rr_get_interval_time64 */
	{241, 2954, 12458}, /* sched_setaffinity */
	{351, 2972, 12545}, /* sched_setattr */
	{154, 2986, 12516}, /* sched_setparam */
	{156, 3001, 12565}, /* sched_setscheduler */
	{158, 3020, 154}, /* sched_yield */
	{354, 3032, 12586}, /* seccomp */
	{142, 3049, 11085}, /* select */
	{394, 3056, 12605}, /* semctl */
	{393, 3063, 5763}, /* semget */
	{420, 4703, 12631}, /* semtimedop_time64 */
	{187, 3087, 12662}, /* sendfile */
	{239, 3096, 12662}, /* sendfile64 */
	{345, 3107, 12693}, /* sendmmsg */
	{370, 3116, 12079}, /* sendmsg */
	{369, 3124, 12717}, /* sendto */
	{276, 3131, 12756}, /* set_mempolicy */
	{450, 3145, 12779}, /* set_mempolicy_home_node */
	{311, 3169, 12810}, /* set_robust_list */
	{243, 3185, 8906}, /* set_thread_area */
	{258, 3201, 12822}, /* set_tid_address */
	{121, 3217, 12831}, /* setdomainname */
	{216, 3231, 6018}, /* setfsgid */
	{139, 4721, 12843}, /* setfsgid16 */
	{216 | SYS_ALIAS, 4732, 6018}, /* setfsgid32 */
	{215, 3240, 6024}, /* setfsuid */
	{138, 4743, 12849}, /* setfsuid16 */
	{215 | SYS_ALIAS, 4754, 6024}, /* setfsuid32 */
	{214, 3249, 6018}, /* setgid */
	{46, 4765, 12843}, /* setgid16 */
	{214 | SYS_ALIAS, 4774, 6018}, /* setgid32 */
	{206, 3256, 8969}, /* setgroups */
	{81, 4783, 8969}, /* setgroups16 */
	{206 | SYS_ALIAS, 4795, 8969}, /* setgroups32 */
	{74, 3266, 12831}, /* sethostname */
	{104, 3278, 12855}, /* setitimer */
	{346, 3288, 6053}, /* setns */
	{57, 3294, 6072}, /* setpgid */
	{97, 3302, 6084}, /* setpriority */
	{204, 3314, 6106}, /* setregid */
	{71, 4807, 12878}, /* setregid16 */
	{204 | SYS_ALIAS, 4818, 6106}, /* setregid32 */
	{210, 3323, 6119}, /* setresgid */
	{170, 4829, 12891}, /* setresgid16 */
	{210 | SYS_ALIAS, 4841, 6119}, /* setresgid32 */
	{208, 3333, 6138}, /* setresuid */
	{164, 4853, 12910}, /* setresuid16 */
	{208 | SYS_ALIAS, 4865, 6138}, /* setresuid32 */
	{203, 3343, 6157}, /* setreuid */
	{70, 4877, 12929}, /* setreuid16 */
	{203 | SYS_ALIAS, 4888, 6157}, /* setreuid32 */
	{75, 3352, 9112}, /* setrlimit */
	{66, 3362, 154}, /* setsid */
	{366, 3369, 9139}, /* setsockopt */
	{79, 3380, 9176}, /* settimeofday */
	{213, 3393, 6024}, /* setuid */
	{23, 4899, 12849}, /* setuid16 */
	{213 | SYS_ALIAS, 4908, 6024}, /* setuid32 */
	{226, 3400, 10081}, /* setxattr */
	{463, 3409, 9215}, /* setxattrat */
	{68, 4917, 154}, /* sgetmask */
	{397, 3420, 12942}, /* shmat */
	{396, 3426, 12967}, /* shmctl */
	{398, 3433, 12985}, /* shmdt */
	{395, 3439, 12995}, /* shmget */
	{373, 3446, 6280}, /* shutdown */
	{67, 4926, 13015}, /* sigaction */
	{186, 3455, 13032}, /* sigaltstack */
	{48, 4936, 13044}, /* signal */
	{321, 3467, 13059}, /* signalfd */
	{327, 3476, 13086}, /* signalfd4 */
	{73, 4943, 13120}, /* sigpending */
	{126, 4954, 13127}, /* sigprocmask */
	{119, 4966, 154}, /* sigreturn */
	{72, 4976, 13145}, /* sigsuspend */
	{359, 3486, 6363}, /* socket */
	{102, 4987, 13170}, /* socketcall */
	{360, 3493, 13183}, /* socketpair */
	{313, 3504, 7672}, /* splice */
	{69, 4998, 13218}, /* ssetmask */
	{18, 3511, 10162}, /* stat */
	{195, 5007, 10162}, /* stat64 */
	{99, 3516, 13228}, /* statfs */
	{268, 5014, 13244}, /* statfs64 */
	{457, 3523, 13264}, /* statmount */
	{383, 3533, 13291}, /* statx */
	{25, 5023, 13328}, /* stime */
	{31, 5029, 154}, /* stty */
	{115, 3539, 13335}, /* swapoff */
	{87, 3547, 13349}, /* swapon */
	{83, 3554, 9772}, /* symlink */
	{304, 3562, 13375}, /* symlinkat */
	{36, 3572, 154}, /* sync */
	{314, 3577, 13402}, /* sync_file_range */
	{344, 3593, 494}, /* syncfs */
	{149, 3600, 13444}, /* sysctl */
	{135, 3607, 13451}, /* sysfs */
	{116, 3613, 13472}, /* sysinfo */
	{103, 3621, 13479}, /* syslog */
	{315, 3628, 13496}, /* tee */
	{270, 3632, 6676}, /* tgkill */
	{13, 3639, 13522}, /* time */
	{259, 3644, 13529}, /* timer_create */
	{263, 3657, 6750}, /* timer_delete */
	{262, 3670, 6750}, /* timer_getoverrun */
	{261, 3687, 13579}, /* timer_gettime */
	{408, 5034, 13579}, /* timer_gettime64 */
	{260, 3701, 13599}, /* timer_settime */
	{409, 5050, 13627}, /* timer_settime64 */
	{322, 3715, 6825}, /* timerfd_create */
	{326, 3730, 13671}, /* timerfd_gettime */
	{410, 5066, 13671}, /* timerfd_gettime64 */
	{325, 3746, 13683}, /* timerfd_settime */
	{411, 5084, 13683}, /* timerfd_settime64 */
	{43, 3762, 13708}, /* times */
	{238, 3768, 2700}, /* tkill */
	{92, 3774, 13715}, /* truncate */
	{193, 5102, 13730}, /* truncate64 */
	{191 | SYS_ALIAS, 5113, 9112}, /* ugetrlimit */
	{58, 5124, 154}, /* ulimit */
	{60, 3791, 6901}, /* umask */
	{52, 3797, 13766}, /* umount */
	{52 | SYS_ALIAS, 3804, 13766}, /* umount2 */
	{109, 3812, 7206}, /* uname */
	{10, 3818, 12243}, /* unlink */
	{301, 3825, 13780}, /* unlinkat */
	{310, 3834, 13802}, /* unshare */
	{86, 3859, 13818}, /* uselib */
	{374, 3866, 691}, /* userfaultfd */
	{62, 3878, 13828}, /* ustat */
	{30, 3884, 13840}, /* utime */
	{320, 3890, 13854}, /* utimensat */
	{412, 5131, 13880}, /* utimensat_time64 */
	{271, 3900, 13840}, /* utimes */
	{190, 3907, 154}, /* vfork */
	{111, 3913, 154}, /* vhangup */
	{166, 5148, 13911}, /* vm86 */
	{113, 5153, 13922}, /* vm86old */
	{316, 3921, 13934}, /* vmsplice */
	{273, 3930, 154}, /* vserver */
	{114, 3938, 13965}, /* wait4 */
	{284, 3944, 13996}, /* waitid */
	{7, 5161, 14030}, /* waitpid */
	{4, 3951, 11869}, /* write */
	{146, 3957, 11963}, /* writev */
};

static const struct sys_weight i386_weights[] = {
	{3, 60}, {4, 50}, {5, 8}, {6, 30}, {11, 2}, {19, 12}, {20, 6}, {33, 4}, {45, 8},
	{54, 10}, {55, 8}, {63, 1}, {64, 1}, {78, 3}, {85, 3}, {90, 20}, {91, 12}, {106, 8},
	{107, 5}, {108, 20}, {109, 1}, {114, 3}, {118, 2}, {120, 2}, {125, 10}, {142, 4},
	{145, 4}, {146, 10}, {148, 2}, {158, 5}, {162, 5}, {168, 15}, {173, 3}, {174, 8},
	{175, 10}, {180, 10}, {181, 6}, {199, 2}, {200, 2}, {201, 2}, {202, 2}, {219, 6},
	{220, 4}, {224, 4}, {240, 50}, {252, 2}, {255, 6}, {256, 20}, {265, 10}, {267, 6},
	{270, 1}, {295, 25}, {305, 3}, {307, 3}, {308, 4}, {309, 6}, {311, 1}, {319, 15},
	{325, 2}, {328, 1}, {330, 1}, {331, 1}, {340, 1}, {355, 3}, {359, 4}, {362, 3},
	{364, 3}, {369, 20}, {370, 10}, {371, 20}, {372, 12}, {383, 8}, {386, 1}, {426, 5},
	{435, 2},
};

static const struct sys_entry aarch64_calls[] = {
	{202, 0, 0}, /* accept */
	{242, 7, 36}, /* accept4 */
	{89, 22, 96}, /* acct */
	{217, 27, 103}, /* add_key */
	{171, 35, 146}, /* adjtimex */
	{200, 73, 190}, /* bind */
	{280, 78, 213}, /* bpf */
	{214, 82, 232}, /* brk */
	{451, 86, 238}, /* cachestat */
	{90, 96, 270}, /* capget */
	{91, 103, 288}, /* capset */
	{49, 110, 303}, /* chdir */
	{51, 128, 303}, /* chroot */
	{266, 135, 355}, /* clock_adjtime */
	{114, 149, 374}, /* clock_getres */
	{113, 162, 374}, /* clock_gettime */
	{115, 176, 392}, /* clock_nanosleep */
	{112, 192, 374}, /* clock_settime */
	{220, 206, 14056}, /* clone */
	{435, 212, 480}, /* clone3 */
	{57, 219, 494}, /* close */
	{436, 225, 499}, /* close_range */
	{203, 237, 519}, /* connect */
	{285, 245, 544}, /* copy_file_range */
	{106, 281, 619}, /* delete_module */
	{23, 295, 638}, /* dup */
	{24, 304, 662}, /* dup3 */
	{20, 322, 691}, /* epoll_create1 */
	{21, 336, 699}, /* epoll_ctl */
	{22, 360, 721}, /* epoll_pwait */
	{441, 372, 777}, /* epoll_pwait2 */
	{19, 419, 876}, /* eventfd2 */
	{221, 428, 891}, /* execve */
	{281, 435, 914}, /* execveat */
	{93, 444, 948}, /* exit */
	{94, 449, 948}, /* exit_group */
	{48, 460, 961}, /* faccessat */
	{439, 470, 983}, /* faccessat2 */
	{223 | SYS_ALIAS, 481, 1012}, /* fadvise64 */
	{223, 4085, 1012}, /* fadvise64_64 */
	{47, 491, 1038}, /* fallocate */
	{262, 501, 1062}, /* fanotify_init */
	{263, 515, 1085}, /* fanotify_mark */
	{50, 529, 494}, /* fchdir */
	{52, 536, 1127}, /* fchmod */
	{53, 543, 1138}, /* fchmodat */
	{452, 552, 1160}, /* fchmodat2 */
	{55, 562, 1189}, /* fchown */
	{54, 569, 1207}, /* fchownat */
	{25, 578, 1242}, /* fcntl */
	{83, 584, 494}, /* fdatasync */
	{10, 594, 1257}, /* fgetxattr */
	{468, 604, 1281}, /* file_getattr */
	{469, 617, 1281}, /* file_setattr */
	{273, 630, 1322}, /* finit_module */
	{13, 643, 1341}, /* flistxattr */
	{32, 654, 1358}, /* flock */
	{16, 665, 1368}, /* fremovexattr */
	{431, 678, 1379}, /* fsconfig */
	{7, 687, 1406}, /* fsetxattr */
	{432, 697, 1437}, /* fsmount */
	{430, 705, 1464}, /* fsopen */
	{433, 712, 1481}, /* fspick */
	{80 | SYS_ALIAS, 719, 1500}, /* fstat */
	{44, 725, 1514}, /* fstatfs */
	{82, 733, 494}, /* fsync */
	{46, 739, 1524}, /* ftruncate */
	{98, 749, 1537}, /* futex */
	{456, 755, 1575}, /* futex_requeue */
	{455, 769, 1613}, /* futex_wait */
	{449, 780, 1657}, /* futex_waitv */
	{454, 792, 1704}, /* futex_wake */
	{236, 829, 1761}, /* get_mempolicy */
	{100, 843, 1799}, /* get_robust_list */
	{168, 875, 1833}, /* getcpu */
	{17, 882, 1855}, /* getcwd */
	{61, 898, 1867}, /* getdents64 */
	{177, 909, 154}, /* getegid */
	{175, 917, 154}, /* geteuid */
	{176, 925, 154}, /* getgid */
	{158, 932, 1887}, /* getgroups */
	{102, 942, 1911}, /* getitimer */
	{205, 952, 1926}, /* getpeername */
	{155, 964, 1957}, /* getpgid */
	{172, 980, 154}, /* getpid */
	{173, 995, 154}, /* getppid */
	{141, 1003, 1963}, /* getpriority */
	{278, 1015, 1976}, /* getrandom */
	{150, 1025, 2005}, /* getresgid */
	{148, 1035, 2027}, /* getresuid */
	{163, 1045, 2049}, /* getrlimit */
	{165, 1055, 2066}, /* getrusage */
	{156, 1065, 1957}, /* getsid */
	{204, 1072, 1926}, /* getsockname */
	{209, 1084, 2076}, /* getsockopt */
	{178, 1095, 154}, /* gettid */
	{169, 1102, 2113}, /* gettimeofday */
	{174, 1115, 154}, /* getuid */
	{8, 1122, 2122}, /* getxattr */
	{464, 1131, 2152}, /* getxattrat */
	{105, 1142, 2198}, /* init_module */
	{27, 1154, 2217}, /* inotify_add_watch */
	{26, 1185, 691}, /* inotify_init1 */
	{28, 1199, 2238}, /* inotify_rm_watch */
	{3, 1216, 2247}, /* io_cancel */
	{1, 1226, 2270}, /* io_destroy */
	{4, 1237, 2276}, /* io_getevents */
	{292, 1250, 2314}, /* io_pgetevents */
	{0, 1264, 2358}, /* io_setup */
	{2, 1273, 2376}, /* io_submit */
	{426, 1283, 2397}, /* io_uring_enter */
	{427, 1298, 2447}, /* io_uring_register */
	{425, 1316, 2474}, /* io_uring_setup */
	{29, 1331, 1242}, /* ioctl */
	{31, 1349, 1963}, /* ioprio_get */
	{30, 1360, 2521}, /* ioprio_set */
	{272, 1371, 2542}, /* kcmp */
	{294, 1376, 2573}, /* kexec_file_load */
	{104, 1392, 2629}, /* kexec_load */
	{219, 1403, 2667}, /* keyctl */
	{129, 1410, 2700}, /* kill */
	{445, 1415, 2711}, /* landlock_add_rule */
	{444, 1433, 2753}, /* landlock_create_ruleset */
	{446, 1457, 2773}, /* landlock_restrict_self */
	{9, 1487, 2122}, /* lgetxattr */
	{37, 1502, 2812}, /* linkat */
	{201, 1509, 2854}, /* listen */
	{458, 1516, 2868}, /* listmount */
	{470, 1526, 2902}, /* listns */
	{11, 1533, 2934}, /* listxattr */
	{465, 1543, 2957}, /* listxattrat */
	{12, 1555, 2934}, /* llistxattr */
	{18, 1566, 2995}, /* lookup_dcookie */
	{15, 1581, 3016}, /* lremovexattr */
	{62, 1594, 3033}, /* lseek */
	{6, 1600, 3054}, /* lsetxattr */
	{459, 1610, 3091}, /* lsm_get_self_attr */
	{461, 1628, 3116}, /* lsm_list_modules */
	{460, 1645, 3135}, /* lsm_set_self_attr */
	{233, 1669, 3180}, /* madvise */
	{453, 1677, 3206}, /* map_shadow_stack */
	{235, 1694, 3226}, /* mbind */
	{283, 1700, 3268}, /* membarrier */
	{279, 1711, 3289}, /* memfd_create */
	{447, 1724, 691}, /* memfd_secret */
	{238, 1737, 3304}, /* migrate_pages */
	{232, 1751, 3341}, /* mincore */
	{34, 1765, 3359}, /* mkdirat */
	{33, 1779, 3403}, /* mknodat */
	{228, 1787, 3430}, /* mlock */
	{284, 1793, 3443}, /* mlock2 */
	{230, 1800, 691}, /* mlockall */
	{222, 1809, 3463}, /* mmap */
	{40, 1825, 3520}, /* mount */
	{442, 1831, 3560}, /* mount_setattr */
	{429, 1845, 3593}, /* move_mount */
	{239, 1856, 3647}, /* move_pages */
	{226, 1867, 3692}, /* mprotect */
	{185, 1876, 3711}, /* mq_getsetattr */
	{184, 1890, 3740}, /* mq_notify */
	{180, 1900, 3764}, /* mq_open */
	{183, 1908, 3794}, /* mq_timedreceive */
	{182, 1924, 3849}, /* mq_timedsend */
	{181, 1937, 3902}, /* mq_unlink */
	{216, 1947, 3911}, /* mremap */
	{462, 1954, 3953}, /* mseal */
	{187, 1960, 3973}, /* msgctl */
	{186, 1967, 3991}, /* msgget */
	{188, 1974, 4005}, /* msgrcv */
	{189, 1981, 4042}, /* msgsnd */
	{227, 1988, 3443}, /* msync */
	{229, 1994, 3430}, /* munlock */
	{231, 2002, 154}, /* munlockall */
	{215, 2013, 4071}, /* munmap */
	{264, 2020, 4083}, /* name_to_handle_at */
	{101, 2038, 4117}, /* nanosleep */
	{80, 2048, 1500}, /* newfstat */
	{79, 2057, 4130}, /* newfstatat */
	{160, 2085, 96}, /* newuname */
	{42, 2094, 4161}, /* nfsservctl */
	{265, 2110, 4203}, /* open_by_handle_at */
	{428, 2128, 4231}, /* open_tree */
	{467, 2138, 4254}, /* open_tree_attr */
	{56, 2153, 4291}, /* openat */
	{437, 2160, 4320}, /* openat2 */
	{241, 2174, 4348}, /* perf_event_open */
	{92, 2190, 4387}, /* personality */
	{438, 2202, 4401}, /* pidfd_getfd */
	{434, 2214, 4420}, /* pidfd_open */
	{424, 2225, 4433}, /* pidfd_send_signal */
	{59, 2248, 4468}, /* pipe2 */
	{41, 2254, 4484}, /* pivot_root */
	{289, 2265, 4504}, /* pkey_alloc */
	{290, 2276, 4522}, /* pkey_free */
	{288, 2286, 4529}, /* pkey_mprotect */
	{73, 2305, 4582}, /* ppoll */
	{167, 2311, 2667}, /* prctl */
	{67, 2317, 4621}, /* pread64 */
	{69, 2325, 4643}, /* preadv */
	{286, 2332, 4673}, /* preadv2 */
	{261, 2340, 4710}, /* prlimit64 */
	{440, 2350, 4746}, /* process_madvise */
	{448, 2366, 4782}, /* process_mrelease */
	{270, 2383, 4797}, /* process_vm_readv */
	{271, 2400, 4797}, /* process_vm_writev */
	{72, 2418, 4840}, /* pselect6 */
	{117, 2427, 4870}, /* ptrace */
	{68, 2442, 4621}, /* pwrite64 */
	{70, 2451, 4643}, /* pwritev */
	{287, 2459, 4673}, /* pwritev2 */
	{60, 2481, 4930}, /* quotactl */
	{443, 2490, 4955}, /* quotactl_fd */
	{63, 2502, 4975}, /* read */
	{213, 2507, 4992}, /* readahead */
	{78, 2526, 5032}, /* readlinkat */
	{65, 2537, 5061}, /* readv */
	{142, 2543, 5077}, /* reboot */
	{207, 2550, 5104}, /* recvfrom */
	{243, 2559, 5144}, /* recvmmsg */
	{212, 2568, 5177}, /* recvmsg */
	{234, 2576, 5194}, /* remap_file_pages */
	{14, 2593, 3016}, /* removexattr */
	{466, 2605, 5228}, /* removexattrat */
	{38, 2626, 5260}, /* renameat */
	{276, 2635, 2812}, /* renameat2 */
	{218, 2645, 5295}, /* request_key */
	{128, 2657, 154}, /* restart_syscall */
	{293, 2679, 5352}, /* rseq */
	{471, 2684, 154}, /* rseq_slice_yield */
	{134, 2701, 5381}, /* rt_sigaction */
	{136, 2714, 5410}, /* rt_sigpending */
	{135, 2728, 5429}, /* rt_sigprocmask */
	{138, 2743, 5459}, /* rt_sigqueueinfo */
	{139, 2759, 154}, /* rt_sigreturn */
	{133, 2772, 5477}, /* rt_sigsuspend */
	{137, 2786, 5499}, /* rt_sigtimedwait */
	{240, 2802, 5532}, /* rt_tgsigqueueinfo */
	{125, 2820, 5556}, /* sched_get_priority_max */
	{126, 2843, 5556}, /* sched_get_priority_min */
	{123, 2866, 5565}, /* sched_getaffinity */
	{275, 2884, 5591}, /* sched_getattr */
	{121, 2898, 5623}, /* sched_getparam */
	{120, 2913, 1957}, /* sched_getscheduler */
	{127, 2932, 5636}, /* sched_rr_get_interval */
	{122, 2954, 5565}, /* sched_setaffinity */
	{274, 2972, 5652}, /* sched_setattr */
	{118, 2986, 5623}, /* sched_setparam */
	{119, 3001, 5672}, /* sched_setscheduler */
	{124, 3020, 154}, /* sched_yield */
	{277, 3032, 5693}, /* seccomp */
	{191, 3056, 5737}, /* semctl */
	{190, 3063, 5763}, /* semget */
	{193, 3070, 5784}, /* semop */
	{192, 3076, 5806}, /* semtimedop */
	{71 | SYS_ALIAS, 3087, 5837}, /* sendfile */
	{71, 3096, 5837}, /* sendfile64 */
	{269, 3107, 5868}, /* sendmmsg */
	{211, 3116, 5177}, /* sendmsg */
	{206, 3124, 5892}, /* sendto */
	{237, 3131, 5931}, /* set_mempolicy */
	{450, 3145, 5954}, /* set_mempolicy_home_node */
	{99, 3169, 5985}, /* set_robust_list */
	{96, 3201, 5997}, /* set_tid_address */
	{162, 3217, 6006}, /* setdomainname */
	{152, 3231, 6018}, /* setfsgid */
	{151, 3240, 6024}, /* setfsuid */
	{144, 3249, 6018}, /* setgid */
	{159, 3256, 1887}, /* setgroups */
	{161, 3266, 6006}, /* sethostname */
	{103, 3278, 6030}, /* setitimer */
	{268, 3288, 6053}, /* setns */
	{154, 3294, 6072}, /* setpgid */
	{140, 3302, 6084}, /* setpriority */
	{143, 3314, 6106}, /* setregid */
	{149, 3323, 6119}, /* setresgid */
	{147, 3333, 6138}, /* setresuid */
	{145, 3343, 6157}, /* setreuid */
	{164, 3352, 2049}, /* setrlimit */
	{157, 3362, 154}, /* setsid */
	{208, 3369, 6170}, /* setsockopt */
	{170, 3380, 2113}, /* settimeofday */
	{146, 3393, 6024}, /* setuid */
	{5, 3400, 3054}, /* setxattr */
	{463, 3409, 2152}, /* setxattrat */
	{196, 3420, 6207}, /* shmat */
	{195, 3426, 6232}, /* shmctl */
	{197, 3433, 6250}, /* shmdt */
	{194, 3439, 6260}, /* shmget */
	{210, 3446, 6280}, /* shutdown */
	{132, 3455, 6290}, /* sigaltstack */
	{74, 3476, 6329}, /* signalfd4 */
	{198, 3486, 6363}, /* socket */
	{199, 3493, 6388}, /* socketpair */
	{76, 3504, 544}, /* splice */
	{43, 3516, 6423}, /* statfs */
	{457, 3523, 6439}, /* statmount */
	{291, 3533, 6466}, /* statx */
	{225, 3539, 6503}, /* swapoff */
	{224, 3547, 6517}, /* swapon */
	{36, 3562, 6543}, /* symlinkat */
	{81, 3572, 154}, /* sync */
	{84, 3577, 6570}, /* sync_file_range */
	{267, 3593, 494}, /* syncfs */
	{179, 3613, 6626}, /* sysinfo */
	{116, 3621, 6633}, /* syslog */
	{77, 3628, 6650}, /* tee */
	{131, 3632, 6676}, /* tgkill */
	{107, 3644, 6700}, /* timer_create */
	{111, 3657, 6750}, /* timer_delete */
	{109, 3670, 6750}, /* timer_getoverrun */
	{108, 3687, 6761}, /* timer_gettime */
	{110, 3701, 6781}, /* timer_settime */
	{85, 3715, 6825}, /* timerfd_create */
	{87, 3730, 6842}, /* timerfd_gettime */
	{86, 3746, 6854}, /* timerfd_settime */
	{153, 3762, 6879}, /* times */
	{130, 3768, 2700}, /* tkill */
	{45, 3774, 6886}, /* truncate */
	{166, 3791, 6901}, /* umask */
	{39, 3797, 6908}, /* umount */
	{39 | SYS_ALIAS, 3804, 6908}, /* umount2 */
	{160 | SYS_ALIAS, 3812, 96}, /* uname */
	{35, 3825, 6922}, /* unlinkat */
	{97, 3834, 6944}, /* unshare */
	{282, 3866, 691}, /* userfaultfd */
	{88, 3890, 7000}, /* utimensat */
	{58, 3913, 154}, /* vhangup */
	{75, 3921, 7050}, /* vmsplice */
	{260, 3938, 7081}, /* wait4 */
	{95, 3944, 7112}, /* waitid */
	{64, 3951, 4975}, /* write */
	{66, 3957, 5061}, /* writev */
};

static const struct sys_weight aarch64_weights[] = {
	{19, 1}, {21, 6}, {22, 15}, {24, 1}, {25, 8}, {29, 10}, {48, 3}, {56, 25}, {57, 30},
	{59, 1}, {61, 4}, {62, 12}, {63, 60}, {64, 50}, {65, 4}, {66, 10}, {67, 10}, {68, 6},
	{72, 4}, {73, 6}, {78, 3}, {79, 20}, {80, 20}, {82, 2}, {83, 2}, {86, 2}, {94, 2},
	{98, 50}, {99, 1}, {101, 5}, {113, 10}, {115, 6}, {124, 5}, {131, 1}, {134, 8},
	{135, 10}, {139, 3}, {160, 1}, {169, 3}, {172, 6}, {173, 1}, {174, 2}, {175, 2},
	{176, 2}, {177, 2}, {178, 4}, {198, 4}, {203, 3}, {206, 20}, {207, 20}, {211, 10},
	{212, 12}, {214, 8}, {215, 12}, {220, 2}, {221, 2}, {222, 20}, {226, 10}, {233, 6},
	{242, 3}, {260, 3}, {261, 1}, {278, 3}, {291, 8}, {293, 1}, {426, 5}, {435, 2},
};

static const struct sys_entry arm_calls[] = {
	{285, 0, 14111}, /* accept */
	{366, 7, 7146}, /* accept4 */
	{33, 15, 7189}, /* access */
	{51, 22, 7206}, /* acct */
	{309, 27, 7213}, /* add_key */
	{124, 35, 7256}, /* adjtimex */
	{270, 5169, 14147}, /* arm_fadvise64_64 */
	{341 | SYS_ALIAS, 5186, 14198}, /* arm_sync_file_range */
	{134, 3964, 7287}, /* bdflush */
	{282, 73, 7300}, /* bind */
	{386, 78, 7323}, /* bpf */
	{983041, 5206, 154}, /* breakpoint */
	{45, 82, 7342}, /* brk */
	{983042, 5217, 14254}, /* cacheflush */
	{451, 86, 7348}, /* cachestat */
	{184, 96, 7380}, /* capget */
	{185, 103, 7398}, /* capset */
	{12, 110, 7413}, /* chdir */
	{15, 116, 7424}, /* chmod */
	{212, 122, 7441}, /* chown */
	{182, 3978, 7465}, /* chown16 */
	{212 | SYS_ALIAS, 3986, 7441}, /* chown32 */
	{61, 128, 7413}, /* chroot */
	{372, 135, 7489}, /* clock_adjtime */
	{405, 3994, 7508}, /* clock_adjtime64 */
	{264, 149, 7527}, /* clock_getres */
	{406, 4010, 7527}, /* clock_getres_time64 */
	{263, 162, 7527}, /* clock_gettime */
	{403, 4030, 7527}, /* clock_gettime64 */
	{265, 176, 7545}, /* clock_nanosleep */
	{407, 4046, 7545}, /* clock_nanosleep_time64 */
	{262, 192, 7527}, /* clock_settime */
	{404, 4069, 7527}, /* clock_settime64 */
	{120, 206, 7578}, /* clone */
	{435, 212, 7633}, /* clone3 */
	{6, 219, 494}, /* close */
	{436, 225, 499}, /* close_range */
	{283, 237, 7647}, /* connect */
	{391, 245, 7672}, /* copy_file_range */
	{8, 261, 7717}, /* creat */
	{129, 281, 7747}, /* delete_module */
	{41, 295, 638}, /* dup */
	{63, 299, 647}, /* dup2 */
	{358, 304, 662}, /* dup3 */
	{250, 309, 684}, /* epoll_create */
	{357, 322, 691}, /* epoll_create1 */
	{251, 336, 7766}, /* epoll_ctl */
	{346, 360, 7788}, /* epoll_pwait */
	{441, 372, 7788}, /* epoll_pwait2 */
	{252, 385, 7844}, /* epoll_wait */
	{351, 411, 868}, /* eventfd */
	{356, 419, 876}, /* eventfd2 */
	{11, 428, 7879}, /* execve */
	{387, 435, 7902}, /* execveat */
	{1, 444, 948}, /* exit */
	{248, 449, 948}, /* exit_group */
	{334, 460, 7936}, /* faccessat */
	{439, 470, 7958}, /* faccessat2 */
	{352, 491, 8084}, /* fallocate */
	{367, 501, 1062}, /* fanotify_init */
	{368, 515, 8133}, /* fanotify_mark */
	{133, 529, 494}, /* fchdir */
	{94, 536, 1127}, /* fchmod */
	{333, 543, 8187}, /* fchmodat */
	{452, 552, 8209}, /* fchmodat2 */
	{207, 562, 1189}, /* fchown */
	{95, 4098, 8238}, /* fchown16 */
	{207 | SYS_ALIAS, 4107, 1189}, /* fchown32 */
	{325, 569, 8256}, /* fchownat */
	{55, 578, 8291}, /* fcntl */
	{221, 4116, 8291}, /* fcntl64 */
	{148, 584, 494}, /* fdatasync */
	{231, 594, 8306}, /* fgetxattr */
	{468, 604, 8330}, /* file_getattr */
	{469, 617, 8330}, /* file_setattr */
	{379, 630, 8371}, /* finit_module */
	{234, 643, 8390}, /* flistxattr */
	{143, 654, 1358}, /* flock */
	{2, 660, 154}, /* fork */
	{237, 665, 8407}, /* fremovexattr */
	{431, 678, 8418}, /* fsconfig */
	{228, 687, 8445}, /* fsetxattr */
	{432, 697, 1437}, /* fsmount */
	{430, 705, 8476}, /* fsopen */
	{433, 712, 8493}, /* fspick */
	{108 | SYS_ALIAS, 719, 8512}, /* fstat */
	{197, 4124, 8512}, /* fstat64 */
	{327, 4132, 8526}, /* fstatat64 */
	{100, 725, 8557}, /* fstatfs */
	{267, 4142, 8567}, /* fstatfs64 */
	{118, 733, 494}, /* fsync */
	{93, 739, 8581}, /* ftruncate */
	{194, 4158, 14274}, /* ftruncate64 */
	{240, 749, 8624}, /* futex */
	{456, 755, 8662}, /* futex_requeue */
	{422, 4170, 8624}, /* futex_time64 */
	{455, 769, 8700}, /* futex_wait */
	{449, 780, 8744}, /* futex_waitv */
	{454, 792, 8791}, /* futex_wake */
	{326, 803, 8816}, /* futimesat */
	{320, 829, 8843}, /* get_mempolicy */
	{339, 843, 8881}, /* get_robust_list */
	{983046, 5228, 154}, /* get_tls */
	{345, 875, 8915}, /* getcpu */
	{183, 882, 8937}, /* getcwd */
	{141, 889, 8949}, /* getdents */
	{217, 898, 8949}, /* getdents64 */
	{202, 909, 154}, /* getegid */
	{50, 4183, 154}, /* getegid16 */
	{202 | SYS_ALIAS, 4193, 154}, /* getegid32 */
	{201, 917, 154}, /* geteuid */
	{49, 4203, 154}, /* geteuid16 */
	{201 | SYS_ALIAS, 4213, 154}, /* geteuid32 */
	{200, 925, 154}, /* getgid */
	{47, 4223, 154}, /* getgid16 */
	{200 | SYS_ALIAS, 4232, 154}, /* getgid32 */
	{205, 932, 8969}, /* getgroups */
	{80, 4241, 8969}, /* getgroups16 */
	{205 | SYS_ALIAS, 4253, 8969}, /* getgroups32 */
	{105, 942, 8993}, /* getitimer */
	{287, 952, 9008}, /* getpeername */
	{132, 964, 1957}, /* getpgid */
	{65, 972, 154}, /* getpgrp */
	{20, 980, 154}, /* getpid */
	{64, 995, 154}, /* getppid */
	{96, 1003, 1963}, /* getpriority */
	{384, 1015, 9039}, /* getrandom */
	{211, 1025, 9068}, /* getresgid */
	{171, 4265, 9068}, /* getresgid16 */
	{211 | SYS_ALIAS, 4277, 9068}, /* getresgid32 */
	{209, 1035, 9090}, /* getresuid */
	{165, 4289, 9090}, /* getresuid16 */
	{209 | SYS_ALIAS, 4301, 9090}, /* getresuid32 */
	{191, 1045, 9112}, /* getrlimit */
	{77, 1055, 9129}, /* getrusage */
	{147, 1065, 1957}, /* getsid */
	{286, 1072, 9008}, /* getsockname */
	{295, 1084, 9139}, /* getsockopt */
	{224, 1095, 154}, /* gettid */
	{78, 1102, 9176}, /* gettimeofday */
	{199, 1115, 154}, /* getuid */
	{24, 4313, 154}, /* getuid16 */
	{199 | SYS_ALIAS, 4322, 154}, /* getuid32 */
	{229, 1122, 9185}, /* getxattr */
	{464, 1131, 9215}, /* getxattrat */
	{128, 1142, 9261}, /* init_module */
	{317, 1154, 9280}, /* inotify_add_watch */
	{316, 1172, 154}, /* inotify_init */
	{360, 1185, 691}, /* inotify_init1 */
	{318, 1199, 2238}, /* inotify_rm_watch */
	{247, 1216, 9301}, /* io_cancel */
	{244, 1226, 9324}, /* io_destroy */
	{245, 1237, 9330}, /* io_getevents */
	{399, 1250, 9368}, /* io_pgetevents */
	{416, 4341, 9368}, /* io_pgetevents_time64 */
	{243, 1264, 9412}, /* io_setup */
	{246, 1273, 9430}, /* io_submit */
	{426, 1283, 9451}, /* io_uring_enter */
	{427, 1298, 9501}, /* io_uring_register */
	{425, 1316, 9528}, /* io_uring_setup */
	{54, 1331, 8291}, /* ioctl */
	{315, 1349, 1963}, /* ioprio_get */
	{314, 1360, 2521}, /* ioprio_set */
	{378, 1371, 9608}, /* kcmp */
	{401, 1376, 14304}, /* kexec_file_load */
	{347, 1392, 9639}, /* kexec_load */
	{311, 1403, 9677}, /* keyctl */
	{37, 1410, 2700}, /* kill */
	{445, 1415, 9710}, /* landlock_add_rule */
	{444, 1433, 9752}, /* landlock_create_ruleset */
	{446, 1457, 2773}, /* landlock_restrict_self */
	{198, 1480, 7441}, /* lchown */
	{16, 4366, 7465}, /* lchown16 */
	{198 | SYS_ALIAS, 4375, 7441}, /* lchown32 */
	{230, 1487, 9185}, /* lgetxattr */
	{9, 1497, 9772}, /* link */
	{330, 1502, 9791}, /* linkat */
	{284, 1509, 2854}, /* listen */
	{458, 1516, 9833}, /* listmount */
	{470, 1526, 9867}, /* listns */
	{232, 1533, 9899}, /* listxattr */
	{465, 1543, 9922}, /* listxattrat */
	{233, 1555, 9899}, /* llistxattr */
	{140, 4384, 9960}, /* llseek */
	{249, 1566, 10006}, /* lookup_dcookie */
	{236, 1581, 10043}, /* lremovexattr */
	{19, 1594, 10060}, /* lseek */
	{227, 1600, 10081}, /* lsetxattr */
	{459, 1610, 10118}, /* lsm_get_self_attr */
	{461, 1628, 10143}, /* lsm_list_modules */
	{460, 1645, 10118}, /* lsm_set_self_attr */
	{107 | SYS_ALIAS, 1663, 10162}, /* lstat */
	{196, 4396, 10162}, /* lstat64 */
	{220, 1669, 10182}, /* madvise */
	{453, 1677, 10208}, /* map_shadow_stack */
	{319, 1694, 10228}, /* mbind */
	{389, 1700, 3268}, /* membarrier */
	{385, 1711, 10270}, /* memfd_create */
	{400, 1737, 10285}, /* migrate_pages */
	{219, 1751, 10322}, /* mincore */
	{39, 1759, 7717}, /* mkdir */
	{323, 1765, 10340}, /* mkdirat */
	{14, 1773, 10362}, /* mknod */
	{324, 1779, 10384}, /* mknodat */
	{150, 1787, 10411}, /* mlock */
	{390, 1793, 10424}, /* mlock2 */
	{152, 1800, 691}, /* mlockall */
	{192, 4404, 14360}, /* mmap2 */
	{21, 1825, 10509}, /* mount */
	{442, 1831, 10549}, /* mount_setattr */
	{429, 1845, 10582}, /* move_mount */
	{344, 1856, 10636}, /* move_pages */
	{125, 1867, 10681}, /* mprotect */
	{279, 1876, 10700}, /* mq_getsetattr */
	{278, 1890, 10729}, /* mq_notify */
	{274, 1900, 10753}, /* mq_open */
	{277, 1908, 10783}, /* mq_timedreceive */
	{419, 4425, 10783}, /* mq_timedreceive_time64 */
	{276, 1924, 10838}, /* mq_timedsend */
	{418, 4448, 10838}, /* mq_timedsend_time64 */
	{275, 1937, 10891}, /* mq_unlink */
	{163, 1947, 10900}, /* mremap */
	{462, 1954, 10424}, /* mseal */
	{304 | SYS_ALIAS, 1960, 10942}, /* msgctl */
	{303, 1967, 3991}, /* msgget */
	{302, 1974, 10960}, /* msgrcv */
	{301, 1981, 10997}, /* msgsnd */
	{144, 1988, 10424}, /* msync */
	{151, 1994, 10411}, /* munlock */
	{153, 2002, 154}, /* munlockall */
	{91, 2013, 11026}, /* munmap */
	{370, 2020, 11038}, /* name_to_handle_at */
	{162, 2038, 11072}, /* nanosleep */
	{108, 2048, 8512}, /* newfstat */
	{107, 2068, 10162}, /* newlstat */
	{142 | SYS_ALIAS, 4468, 11085}, /* newselect */
	{106, 2077, 10162}, /* newstat */
	{122, 2085, 7206}, /* newuname */
	{169, 2094, 11110}, /* nfsservctl */
	{34, 4478, 11128}, /* nice */
	{304, 5236, 10942}, /* old_msgctl */
	{300, 5247, 12605}, /* old_semctl */
	{308, 5258, 12967}, /* old_shmctl */
	{5, 2105, 11140}, /* open */
	{371, 2110, 11164}, /* open_by_handle_at */
	{428, 2128, 11192}, /* open_tree */
	{467, 2138, 11215}, /* open_tree_attr */
	{322, 2153, 11252}, /* openat */
	{437, 2160, 11281}, /* openat2 */
	{29, 2168, 154}, /* pause */
	{271, 5269, 14397}, /* pciconfig_iobase */
	{272, 5286, 14417}, /* pciconfig_read */
	{273, 5301, 14417}, /* pciconfig_write */
	{364, 2174, 11309}, /* perf_event_open */
	{136, 2190, 4387}, /* personality */
	{438, 2202, 4401}, /* pidfd_getfd */
	{434, 2214, 4420}, /* pidfd_open */
	{424, 2225, 11348}, /* pidfd_send_signal */
	{42, 2243, 638}, /* pipe */
	{359, 2248, 11374}, /* pipe2 */
	{218, 2254, 11390}, /* pivot_root */
	{395, 2265, 11410}, /* pkey_alloc */
	{396, 2276, 4522}, /* pkey_free */
	{394, 2286, 11428}, /* pkey_mprotect */
	{168, 2300, 11453}, /* poll */
	{336, 2305, 11481}, /* ppoll */
	{414, 4586, 11481}, /* ppoll_time64 */
	{172, 2311, 9677}, /* prctl */
	{180, 2317, 14443}, /* pread64 */
	{361, 2325, 11552}, /* preadv */
	{392, 2332, 11582}, /* preadv2 */
	{369, 2340, 11619}, /* prlimit64 */
	{440, 2350, 11655}, /* process_madvise */
	{448, 2366, 4782}, /* process_mrelease */
	{376, 2383, 11691}, /* process_vm_readv */
	{377, 2400, 11691}, /* process_vm_writev */
	{335, 2418, 11734}, /* pselect6 */
	{413, 4611, 11734}, /* pselect6_time64 */
	{26, 2427, 11764}, /* ptrace */
	{181, 2442, 14443}, /* pwrite64 */
	{362, 2451, 11552}, /* pwritev */
	{393, 2459, 11582}, /* pwritev2 */
	{131, 2481, 11824}, /* quotactl */
	{443, 2490, 11849}, /* quotactl_fd */
	{3, 2502, 11869}, /* read */
	{225, 2507, 14479}, /* readahead */
	{85, 2517, 11914}, /* readlink */
	{332, 2526, 11934}, /* readlinkat */
	{145, 2537, 11963}, /* readv */
	{88, 2543, 11979}, /* reboot */
	{291, 5317, 14516}, /* recv */
	{292, 2550, 12006}, /* recvfrom */
	{365, 2559, 12046}, /* recvmmsg */
	{417, 4635, 12046}, /* recvmmsg_time64 */
	{297, 2568, 12079}, /* recvmsg */
	{253, 2576, 12096}, /* remap_file_pages */
	{235, 2593, 10043}, /* removexattr */
	{466, 2605, 12130}, /* removexattrat */
	{38, 2619, 9772}, /* rename */
	{329, 2626, 12162}, /* renameat */
	{382, 2635, 9791}, /* renameat2 */
	{310, 2645, 12197}, /* request_key */
	{0, 2657, 154}, /* restart_syscall */
	{40, 2673, 12243}, /* rmdir */
	{398, 2679, 12254}, /* rseq */
	{471, 2684, 154}, /* rseq_slice_yield */
	{174, 2701, 12283}, /* rt_sigaction */
	{176, 2714, 12312}, /* rt_sigpending */
	{175, 2728, 12331}, /* rt_sigprocmask */
	{178, 2743, 12361}, /* rt_sigqueueinfo */
	{173, 2759, 154}, /* rt_sigreturn */
	{179, 2772, 12379}, /* rt_sigsuspend */
	{177, 2786, 12401}, /* rt_sigtimedwait */
	{421, 4651, 12401}, /* rt_sigtimedwait_time64 */
	{363, 2802, 12434}, /* rt_tgsigqueueinfo */
	{159, 2820, 5556}, /* sched_get_priority_max */
	{160, 2843, 5556}, /* sched_get_priority_min */
	{242, 2866, 12458}, /* sched_getaffinity */
	{381, 2884, 12484}, /* sched_getattr */
	{155, 2898, 12516}, /* sched_getparam */
	{157, 2913, 1957}, /* sched_getscheduler */
	{161, 2932, 12529}, /* sched_rr_get_interval */
	{423, 4674, 12529}, /* sched_rr_get_interval_time64 */
	{241, 2954, 12458}, /* sched_setaffinity */
	{380, 2972, 12545}, /* sched_setattr */
	{154, 2986, 12516}, /* sched_setparam */
	{156, 3001, 12565}, /* sched_setscheduler */
	{158, 3020, 154}, /* sched_yield */
	{383, 3032, 12586}, /* seccomp */
	{142, 3049, 11085}, /* select */
	{300 | SYS_ALIAS, 3056, 12605}, /* semctl */
	{299, 3063, 5763}, /* semget */
	{298, 3070, 14540}, /* semop */
	{312, 3076, 14562}, /* semtimedop */
	{420, 4703, 12631}, /* semtimedop_time64 */
	{289, 5322, 14593}, /* send */
	{187, 3087, 12662}, /* sendfile */
	{239, 3096, 12662}, /* sendfile64 */
	{374, 3107, 12693}, /* sendmmsg */
	{296, 3116, 12079}, /* sendmsg */
	{290, 3124, 12717}, /* sendto */
	{321, 3131, 12756}, /* set_mempolicy */
	{450, 3145, 12779}, /* set_mempolicy_home_node */
	{338, 3169, 12810}, /* set_robust_list */
	{256, 3201, 12822}, /* set_tid_address */
	{983045, 5327, 14616}, /* set_tls */
	{121, 3217, 12831}, /* setdomainname */
	{216, 3231, 6018}, /* setfsgid */
	{139, 4721, 12843}, /* setfsgid16 */
	{216 | SYS_ALIAS, 4732, 6018}, /* setfsgid32 */
	{215, 3240, 6024}, /* setfsuid */
	{138, 4743, 12849}, /* setfsuid16 */
	{215 | SYS_ALIAS, 4754, 6024}, /* setfsuid32 */
	{214, 3249, 6018}, /* setgid */
	{46, 4765, 12843}, /* setgid16 */
	{214 | SYS_ALIAS, 4774, 6018}, /* setgid32 */
	{206, 3256, 8969}, /* setgroups */
	{81, 4783, 8969}, /* setgroups16 */
	{206 | SYS_ALIAS, 4795, 8969}, /* setgroups32 */
	{74, 3266, 12831}, /* sethostname */
	{104, 3278, 12855}, /* setitimer */
	{375, 3288, 6053}, /* setns */
	{57, 3294, 6072}, /* setpgid */
	{97, 3302, 6084}, /* setpriority */
	{204, 3314, 6106}, /* setregid */
	{71, 4807, 12878}, /* setregid16 */
	{204 | SYS_ALIAS, 4818, 6106}, /* setregid32 */
	{210, 3323, 6119}, /* setresgid */
	{170, 4829, 12891}, /* setresgid16 */
	{210 | SYS_ALIAS, 4841, 6119}, /* setresgid32 */
	{208, 3333, 6138}, /* setresuid */
	{164, 4853, 12910}, /* setresuid16 */
	{208 | SYS_ALIAS, 4865, 6138}, /* setresuid32 */
	{203, 3343, 6157}, /* setreuid */
	{70, 4877, 12929}, /* setreuid16 */
	{203 | SYS_ALIAS, 4888, 6157}, /* setreuid32 */
	{75, 3352, 9112}, /* setrlimit */
	{66, 3362, 154}, /* setsid */
	{294, 3369, 9139}, /* setsockopt */
	{79, 3380, 9176}, /* settimeofday */
	{213, 3393, 6024}, /* setuid */
	{23, 4899, 12849}, /* setuid16 */
	{213 | SYS_ALIAS, 4908, 6024}, /* setuid32 */
	{226, 3400, 10081}, /* setxattr */
	{463, 3409, 9215}, /* setxattrat */
	{305, 3420, 12942}, /* shmat */
	{308 | SYS_ALIAS, 3426, 12967}, /* shmctl */
	{306, 3433, 12985}, /* shmdt */
	{307, 3439, 12995}, /* shmget */
	{293, 3446, 6280}, /* shutdown */
	{67, 4926, 13015}, /* sigaction */
	{186, 3455, 13032}, /* sigaltstack */
	{349, 3467, 13059}, /* signalfd */
	{355, 3476, 13086}, /* signalfd4 */
	{73, 4943, 13120}, /* sigpending */
	{126, 4954, 13127}, /* sigprocmask */
	{119, 4966, 154}, /* sigreturn */
	{72, 4976, 13145}, /* sigsuspend */
	{281, 3486, 6363}, /* socket */
	{288, 3493, 13183}, /* socketpair */
	{340, 3504, 7672}, /* splice */
	{106 | SYS_ALIAS, 3511, 10162}, /* stat */
	{195, 5007, 10162}, /* stat64 */
	{99, 3516, 13228}, /* statfs */
	{266, 5014, 13244}, /* statfs64 */
	{457, 3523, 13264}, /* statmount */
	{397, 3533, 13291}, /* statx */
	{115, 3539, 13335}, /* swapoff */
	{87, 3547, 13349}, /* swapon */
	{83, 3554, 9772}, /* symlink */
	{331, 3562, 13375}, /* symlinkat */
	{36, 3572, 154}, /* sync */
	{341, 5335, 14198}, /* sync_file_range2 */
	{373, 3593, 494}, /* syncfs */
	{149, 3600, 13444}, /* sysctl */
	{135, 3607, 13451}, /* sysfs */
	{116, 3613, 13472}, /* sysinfo */
	{103, 3621, 13479}, /* syslog */
	{342, 3628, 13496}, /* tee */
	{268, 3632, 6676}, /* tgkill */
	{257, 3644, 13529}, /* timer_create */
	{261, 3657, 6750}, /* timer_delete */
	{260, 3670, 6750}, /* timer_getoverrun */
	{259, 3687, 13579}, /* timer_gettime */
	{408, 5034, 13579}, /* timer_gettime64 */
	{258, 3701, 13599}, /* timer_settime */
	{409, 5050, 13627}, /* timer_settime64 */
	{350, 3715, 6825}, /* timerfd_create */
	{354, 3730, 13671}, /* timerfd_gettime */
	{410, 5066, 13671}, /* timerfd_gettime64 */
	{353, 3746, 13683}, /* timerfd_settime */
	{411, 5084, 13683}, /* timerfd_settime64 */
	{43, 3762, 13708}, /* times */
	{238, 3768, 2700}, /* tkill */
	{92, 3774, 13715}, /* truncate */
	{193, 5102, 14621}, /* truncate64 */
	{191 | SYS_ALIAS, 5113, 9112}, /* ugetrlimit */
	{60, 3791, 6901}, /* umask */
	{52, 3797, 13766}, /* umount */
	{52 | SYS_ALIAS, 3804, 13766}, /* umount2 */
	{122 | SYS_ALIAS, 3812, 7206}, /* uname */
	{10, 3818, 12243}, /* unlink */
	{328, 3825, 13780}, /* unlinkat */
	{337, 3834, 13802}, /* unshare */
	{86, 3859, 13818}, /* uselib */
	{388, 3866, 691}, /* userfaultfd */
	{983043, 5352, 154}, /* usr26 */
	{983044, 5358, 154}, /* usr32 */
	{62, 3878, 13828}, /* ustat */
	{348, 3890, 13854}, /* utimensat */
	{412, 5131, 13880}, /* utimensat_time64 */
	{269, 3900, 13840}, /* utimes */
	{190, 3907, 154}, /* vfork */
	{111, 3913, 154}, /* vhangup */
	{343, 3921, 13934}, /* vmsplice */
	{313, 3930, 154}, /* vserver */
	{114, 3938, 13965}, /* wait4 */
	{280, 3944, 13996}, /* waitid */
	{4, 3951, 11869}, /* write */
	{146, 3957, 11963}, /* writev */
};

static const struct sys_weight arm_weights[] = {
	{3, 60}, {4, 50}, {5, 8}, {6, 30}, {11, 2}, {19, 12}, {20, 6}, {33, 4}, {45, 8},
	{54, 10}, {55, 8}, {63, 1}, {64, 1}, {78, 3}, {85, 3}, {91, 12}, {106, 8}, {107, 5},
	{108, 20}, {114, 3}, {118, 2}, {120, 2}, {122, 1}, {125, 10}, {142, 4}, {145, 4},
	{146, 10}, {148, 2}, {158, 5}, {162, 5}, {168, 15}, {173, 3}, {174, 8}, {175, 10},
	{180, 10}, {181, 6}, {199, 2}, {200, 2}, {201, 2}, {202, 2}, {217, 4}, {220, 6},
	{224, 4}, {240, 50}, {248, 2}, {251, 6}, {252, 20}, {263, 10}, {265, 6}, {268, 1},
	{281, 4}, {283, 3}, {290, 20}, {292, 20}, {296, 10}, {297, 12}, {322, 25}, {332, 3},
	{334, 3}, {335, 4}, {336, 6}, {338, 1}, {346, 15}, {353, 2}, {356, 1}, {358, 1},
	{359, 1}, {366, 3}, {369, 1}, {384, 3}, {397, 8}, {398, 1}, {426, 5}, {435, 2},
};

static const struct sys_entry riscv64_calls[] = {
	{202, 0, 0}, /* accept */
	{242, 7, 36}, /* accept4 */
	{89, 22, 96}, /* acct */
	{217, 27, 103}, /* add_key */
	{171, 35, 146}, /* adjtimex */
	{200, 73, 190}, /* bind */
	{280, 78, 213}, /* bpf */
	{214, 82, 232}, /* brk */
	{451, 86, 238}, /* cachestat */
	{90, 96, 270}, /* capget */
	{91, 103, 288}, /* capset */
	{49, 110, 303}, /* chdir */
	{51, 128, 303}, /* chroot */
	{266, 135, 355}, /* clock_adjtime */
	{114, 149, 374}, /* clock_getres */
	{113, 162, 374}, /* clock_gettime */
	{115, 176, 392}, /* clock_nanosleep */
	{112, 192, 374}, /* clock_settime */
	{220, 206, 14056}, /* clone */
	{435, 212, 480}, /* clone3 */
	{57, 219, 494}, /* close */
	{436, 225, 499}, /* close_range */
	{203, 237, 519}, /* connect */
	{285, 245, 544}, /* copy_file_range */
	{106, 281, 619}, /* delete_module */
	{23, 295, 638}, /* dup */
	{24, 304, 662}, /* dup3 */
	{20, 322, 691}, /* epoll_create1 */
	{21, 336, 699}, /* epoll_ctl */
	{22, 360, 721}, /* epoll_pwait */
	{441, 372, 777}, /* epoll_pwait2 */
	{19, 419, 876}, /* eventfd2 */
	{221, 428, 891}, /* execve */
	{281, 435, 914}, /* execveat */
	{93, 444, 948}, /* exit */
	{94, 449, 948}, /* exit_group */
	{48, 460, 961}, /* faccessat */
	{439, 470, 983}, /* faccessat2 */
	{223 | SYS_ALIAS, 481, 1012}, /* fadvise64 */
	{223, 4085, 1012}, /* fadvise64_64 */
	{47, 491, 1038}, /* fallocate */
	{262, 501, 1062}, /* fanotify_init */
	{263, 515, 1085}, /* fanotify_mark */
	{50, 529, 494}, /* fchdir */
	{52, 536, 1127}, /* fchmod */
	{53, 543, 1138}, /* fchmodat */
	{452, 552, 1160}, /* fchmodat2 */
	{55, 562, 1189}, /* fchown */
	{54, 569, 1207}, /* fchownat */
	{25, 578, 1242}, /* fcntl */
	{83, 584, 494}, /* fdatasync */
	{10, 594, 1257}, /* fgetxattr */
	{468, 604, 1281}, /* file_getattr */
	{469, 617, 1281}, /* file_setattr */
	{273, 630, 1322}, /* finit_module */
	{13, 643, 1341}, /* flistxattr */
	{32, 654, 1358}, /* flock */
	{16, 665, 1368}, /* fremovexattr */
	{431, 678, 1379}, /* fsconfig */
	{7, 687, 1406}, /* fsetxattr */
	{432, 697, 1437}, /* fsmount */
	{430, 705, 1464}, /* fsopen */
	{433, 712, 1481}, /* fspick */
	{80 | SYS_ALIAS, 719, 1500}, /* fstat */
	{44, 725, 1514}, /* fstatfs */
	{82, 733, 494}, /* fsync */
	{46, 739, 1524}, /* ftruncate */
	{98, 749, 1537}, /* futex */
	{456, 755, 1575}, /* futex_requeue */
	{455, 769, 1613}, /* futex_wait */
	{449, 780, 1657}, /* futex_waitv */
	{454, 792, 1704}, /* futex_wake */
	{236, 829, 1761}, /* get_mempolicy */
	{100, 843, 1799}, /* get_robust_list */
	{168, 875, 1833}, /* getcpu */
	{17, 882, 1855}, /* getcwd */
	{61, 898, 1867}, /* getdents64 */
	{177, 909, 154}, /* getegid */
	{175, 917, 154}, /* geteuid */
	{176, 925, 154}, /* getgid */
	{158, 932, 1887}, /* getgroups */
	{102, 942, 1911}, /* getitimer */
	{205, 952, 1926}, /* getpeername */
	{155, 964, 1957}, /* getpgid */
	{172, 980, 154}, /* getpid */
	{173, 995, 154}, /* getppid */
	{141, 1003, 1963}, /* getpriority */
	{278, 1015, 1976}, /* getrandom */
	{150, 1025, 2005}, /* getresgid */
	{148, 1035, 2027}, /* getresuid */
	{163, 1045, 2049}, /* getrlimit */
	{165, 1055, 2066}, /* getrusage */
	{156, 1065, 1957}, /* getsid */
	{204, 1072, 1926}, /* getsockname */
	{209, 1084, 2076}, /* getsockopt */
	{178, 1095, 154}, /* gettid */
	{169, 1102, 2113}, /* gettimeofday */
	{174, 1115, 154}, /* getuid */
	{8, 1122, 2122}, /* getxattr */
	{464, 1131, 2152}, /* getxattrat */
	{105, 1142, 2198}, /* init_module */
	{27, 1154, 2217}, /* inotify_add_watch */
	{26, 1185, 691}, /* inotify_init1 */
	{28, 1199, 2238}, /* inotify_rm_watch */
	{3, 1216, 2247}, /* io_cancel */
	{1, 1226, 2270}, /* io_destroy */
	{4, 1237, 2276}, /* io_getevents */
	{292, 1250, 2314}, /* io_pgetevents */
	{0, 1264, 2358}, /* io_setup */
	{2, 1273, 2376}, /* io_submit */
	{426, 1283, 2397}, /* io_uring_enter */
	{427, 1298, 2447}, /* io_uring_register */
	{425, 1316, 2474}, /* io_uring_setup */
	{29, 1331, 1242}, /* ioctl */
	{31, 1349, 1963}, /* ioprio_get */
	{30, 1360, 2521}, /* ioprio_set */
	{272, 1371, 2542}, /* kcmp */
	{294, 1376, 2573}, /* kexec_file_load */
	{104, 1392, 2629}, /* kexec_load */
	{219, 1403, 2667}, /* keyctl */
	{129, 1410, 2700}, /* kill */
	{445, 1415, 2711}, /* landlock_add_rule */
	{444, 1433, 2753}, /* landlock_create_ruleset */
	{446, 1457, 2773}, /* landlock_restrict_self */
	{9, 1487, 2122}, /* lgetxattr */
	{37, 1502, 2812}, /* linkat */
	{201, 1509, 2854}, /* listen */
	{458, 1516, 2868}, /* listmount */
	{470, 1526, 2902}, /* listns */
	{11, 1533, 2934}, /* listxattr */
	{465, 1543, 2957}, /* listxattrat */
	{12, 1555, 2934}, /* llistxattr */
	{18, 1566, 2995}, /* lookup_dcookie */
	{15, 1581, 3016}, /* lremovexattr */
	{62, 1594, 3033}, /* lseek */
	{6, 1600, 3054}, /* lsetxattr */
	{459, 1610, 3091}, /* lsm_get_self_attr */
	{461, 1628, 3116}, /* lsm_list_modules */
	{460, 1645, 3135}, /* lsm_set_self_attr */
	{233, 1669, 3180}, /* madvise */
	{453, 1677, 3206}, /* map_shadow_stack */
	{235, 1694, 3226}, /* mbind */
	{283, 1700, 3268}, /* membarrier */
	{279, 1711, 3289}, /* memfd_create */
	{447, 1724, 691}, /* memfd_secret */
	{238, 1737, 3304}, /* migrate_pages */
	{232, 1751, 3341}, /* mincore */
	{34, 1765, 3359}, /* mkdirat */
	{33, 1779, 3403}, /* mknodat */
	{228, 1787, 3430}, /* mlock */
	{284, 1793, 3443}, /* mlock2 */
	{230, 1800, 691}, /* mlockall */
	{222, 1809, 14653}, /* mmap */
	{40, 1825, 3520}, /* mount */
	{442, 1831, 3560}, /* mount_setattr */
	{429, 1845, 3593}, /* move_mount */
	{239, 1856, 3647}, /* move_pages */
	{226, 1867, 3692}, /* mprotect */
	{185, 1876, 3711}, /* mq_getsetattr */
	{184, 1890, 3740}, /* mq_notify */
	{180, 1900, 3764}, /* mq_open */
	{183, 1908, 3794}, /* mq_timedreceive */
	{182, 1924, 3849}, /* mq_timedsend */
	{181, 1937, 3902}, /* mq_unlink */
	{216, 1947, 3911}, /* mremap */
	{462, 1954, 3953}, /* mseal */
	{187, 1960, 3973}, /* msgctl */
	{186, 1967, 3991}, /* msgget */
	{188, 1974, 4005}, /* msgrcv */
	{189, 1981, 4042}, /* msgsnd */
	{227, 1988, 3443}, /* msync */
	{229, 1994, 3430}, /* munlock */
	{231, 2002, 154}, /* munlockall */
	{215, 2013, 4071}, /* munmap */
	{264, 2020, 4083}, /* name_to_handle_at */
	{101, 2038, 4117}, /* nanosleep */
	{80, 2048, 1500}, /* newfstat */
	{79, 2057, 4130}, /* newfstatat */
	{160, 2085, 96}, /* newuname */
	{42, 2094, 4161}, /* nfsservctl */
	{265, 2110, 4203}, /* open_by_handle_at */
	{428, 2128, 4231}, /* open_tree */
	{467, 2138, 4254}, /* open_tree_attr */
	{56, 2153, 4291}, /* openat */
	{437, 2160, 4320}, /* openat2 */
	{241, 2174, 4348}, /* perf_event_open */
	{92, 2190, 4387}, /* personality */
	{438, 2202, 4401}, /* pidfd_getfd */
	{434, 2214, 4420}, /* pidfd_open */
	{424, 2225, 4433}, /* pidfd_send_signal */
	{59, 2248, 4468}, /* pipe2 */
	{41, 2254, 4484}, /* pivot_root */
	{289, 2265, 4504}, /* pkey_alloc */
	{290, 2276, 4522}, /* pkey_free */
	{288, 2286, 4529}, /* pkey_mprotect */
	{73, 2305, 4582}, /* ppoll */
	{167, 2311, 2667}, /* prctl */
	{67, 2317, 4621}, /* pread64 */
	{69, 2325, 4643}, /* preadv */
	{286, 2332, 4673}, /* preadv2 */
	{261, 2340, 4710}, /* prlimit64 */
	{440, 2350, 4746}, /* process_madvise */
	{448, 2366, 4782}, /* process_mrelease */
	{270, 2383, 4797}, /* process_vm_readv */
	{271, 2400, 4797}, /* process_vm_writev */
	{72, 2418, 4840}, /* pselect6 */
	{117, 2427, 4870}, /* ptrace */
	{68, 2442, 4621}, /* pwrite64 */
	{70, 2451, 4643}, /* pwritev */
	{287, 2459, 4673}, /* pwritev2 */
	{60, 2481, 4930}, /* quotactl */
	{443, 2490, 4955}, /* quotactl_fd */
	{63, 2502, 4975}, /* read */
	{213, 2507, 4992}, /* readahead */
	{78, 2526, 5032}, /* readlinkat */
	{65, 2537, 5061}, /* readv */
	{142, 2543, 5077}, /* reboot */
	{207, 2550, 5104}, /* recvfrom */
	{243, 2559, 5144}, /* recvmmsg */
	{212, 2568, 5177}, /* recvmsg */
	{234, 2576, 5194}, /* remap_file_pages */
	{14, 2593, 3016}, /* removexattr */
	{466, 2605, 5228}, /* removexattrat */
	{276, 2635, 2812}, /* renameat2 */
	{218, 2645, 5295}, /* request_key */
	{128, 2657, 154}, /* restart_syscall */
	{259, 5364, 14690}, /* riscv_flush_icache */
	{258, 5383, 14710}, /* riscv_hwprobe */
	{293, 2679, 5352}, /* rseq */
	{471, 2684, 154}, /* rseq_slice_yield */
	{134, 2701, 5381}, /* rt_sigaction */
	{136, 2714, 5410}, /* rt_sigpending */
	{135, 2728, 5429}, /* rt_sigprocmask */
	{138, 2743, 5459}, /* rt_sigqueueinfo */
	{139, 2759, 154}, /* rt_sigreturn */
	{133, 2772, 5477}, /* rt_sigsuspend */
	{137, 2786, 5499}, /* rt_sigtimedwait */
	{240, 2802, 5532}, /* rt_tgsigqueueinfo */
	{125, 2820, 5556}, /* sched_get_priority_max */
	{126, 2843, 5556}, /* sched_get_priority_min */
	{123, 2866, 5565}, /* sched_getaffinity */
	{275, 2884, 5591}, /* sched_getattr */
	{121, 2898, 5623}, /* sched_getparam */
	{120, 2913, 1957}, /* sched_getscheduler */
	{127, 2932, 5636}, /* sched_rr_get_interval */
	{122, 2954, 5565}, /* sched_setaffinity */
	{274, 2972, 5652}, /* sched_setattr */
	{118, 2986, 5623}, /* sched_setparam */
	{119, 3001, 5672}, /* sched_setscheduler */
	{124, 3020, 154}, /* sched_yield */
	{277, 3032, 5693}, /* seccomp */
	{191, 3056, 5737}, /* semctl */
	{190, 3063, 5763}, /* semget */
	{193, 3070, 5784}, /* semop */
	{192, 3076, 5806}, /* semtimedop */
	{71 | SYS_ALIAS, 3087, 5837}, /* sendfile */
	{71, 3096, 5837}, /* sendfile64 */
	{269, 3107, 5868}, /* sendmmsg */
	{211, 3116, 5177}, /* sendmsg */
	{206, 3124, 5892}, /* sendto */
	{237, 3131, 5931}, /* set_mempolicy */
	{450, 3145, 5954}, /* set_mempolicy_home_node */
	{99, 3169, 5985}, /* set_robust_list */
	{96, 3201, 5997}, /* set_tid_address */
	{162, 3217, 6006}, /* setdomainname */
	{152, 3231, 6018}, /* setfsgid */
	{151, 3240, 6024}, /* setfsuid */
	{144, 3249, 6018}, /* setgid */
	{159, 3256, 1887}, /* setgroups */
	{161, 3266, 6006}, /* sethostname */
	{103, 3278, 6030}, /* setitimer */
	{268, 3288, 6053}, /* setns */
	{154, 3294, 6072}, /* setpgid */
	{140, 3302, 6084}, /* setpriority */
	{143, 3314, 6106}, /* setregid */
	{149, 3323, 6119}, /* setresgid */
	{147, 3333, 6138}, /* setresuid */
	{145, 3343, 6157}, /* setreuid */
	{164, 3352, 2049}, /* setrlimit */
	{157, 3362, 154}, /* setsid */
	{208, 3369, 6170}, /* setsockopt */
	{170, 3380, 2113}, /* settimeofday */
	{146, 3393, 6024}, /* setuid */
	{5, 3400, 3054}, /* setxattr */
	{463, 3409, 2152}, /* setxattrat */
	{196, 3420, 6207}, /* shmat */
	{195, 3426, 6232}, /* shmctl */
	{197, 3433, 6250}, /* shmdt */
	{194, 3439, 6260}, /* shmget */
	{210, 3446, 6280}, /* shutdown */
	{132, 3455, 6290}, /* sigaltstack */
	{74, 3476, 6329}, /* signalfd4 */
	{198, 3486, 6363}, /* socket */
	{199, 3493, 6388}, /* socketpair */
	{76, 3504, 544}, /* splice */
	{43, 3516, 6423}, /* statfs */
	{457, 3523, 6439}, /* statmount */
	{291, 3533, 6466}, /* statx */
	{225, 3539, 6503}, /* swapoff */
	{224, 3547, 6517}, /* swapon */
	{36, 3562, 6543}, /* symlinkat */
	{81, 3572, 154}, /* sync */
	{84, 3577, 6570}, /* sync_file_range */
	{267, 3593, 494}, /* syncfs */
	{179, 3613, 6626}, /* sysinfo */
	{116, 3621, 6633}, /* syslog */
	{77, 3628, 6650}, /* tee */
	{131, 3632, 6676}, /* tgkill */
	{107, 3644, 6700}, /* timer_create */
	{111, 3657, 6750}, /* timer_delete */
	{109, 3670, 6750}, /* timer_getoverrun */
	{108, 3687, 6761}, /* timer_gettime */
	{110, 3701, 6781}, /* timer_settime */
	{85, 3715, 6825}, /* timerfd_create */
	{87, 3730, 6842}, /* timerfd_gettime */
	{86, 3746, 6854}, /* timerfd_settime */
	{153, 3762, 6879}, /* times */
	{130, 3768, 2700}, /* tkill */
	{45, 3774, 6886}, /* truncate */
	{166, 3791, 6901}, /* umask */
	{39, 3797, 6908}, /* umount */
	{39 | SYS_ALIAS, 3804, 6908}, /* umount2 */
	{160 | SYS_ALIAS, 3812, 96}, /* uname */
	{35, 3825, 6922}, /* unlinkat */
	{97, 3834, 6944}, /* unshare */
	{282, 3866, 691}, /* userfaultfd */
	{88, 3890, 7000}, /* utimensat */
	{58, 3913, 154}, /* vhangup */
	{75, 3921, 7050}, /* vmsplice */
	{260, 3938, 7081}, /* wait4 */
	{95, 3944, 7112}, /* waitid */
	{64, 3951, 4975}, /* write */
	{66, 3957, 5061}, /* writev */
};

static const struct sys_weight riscv64_weights[] = {
	{19, 1}, {21, 6}, {22, 15}, {24, 1}, {25, 8}, {29, 10}, {48, 3}, {56, 25}, {57, 30},
	{59, 1}, {61, 4}, {62, 12}, {63, 60}, {64, 50}, {65, 4}, {66, 10}, {67, 10}, {68, 6},
	{72, 4}, {73, 6}, {78, 3}, {79, 20}, {80, 20}, {82, 2}, {83, 2}, {86, 2}, {94, 2},
	{98, 50}, {99, 1}, {101, 5}, {113, 10}, {115, 6}, {124, 5}, {131, 1}, {134, 8},
	{135, 10}, {139, 3}, {160, 1}, {169, 3}, {172, 6}, {173, 1}, {174, 2}, {175, 2},
	{176, 2}, {177, 2}, {178, 4}, {198, 4}, {203, 3}, {206, 20}, {207, 20}, {211, 10},
	{212, 12}, {214, 8}, {215, 12}, {220, 2}, {221, 2}, {222, 20}, {226, 10}, {233, 6},
	{242, 3}, {260, 3}, {261, 1}, {278, 3}, {291, 8}, {293, 1}, {426, 5}, {435, 2},
};

#endif

"""Our own table of system calls: what a program in a sandbox may ask of the kernel, what it may not, and why.

The list is of what is allowed. Python, NumPy, PyTorch, TensorFlow, notebooks and the shell commands in them need what
stands there; whatever they don't need is refused, because each call is a part of the kernel that hostile code could
attack. Every call that we know stands in exactly one group; a test holds that.
"""

from collections.abc import Mapping

from grader.sandbox.seccomp.rules import Group, Way, none_of, one_of, without

__all__ = ["ABSENT", "ALLOWED", "CONDITIONS", "REFUSED", "ZYGOTE_CONDITIONS", "ZYGOTE_GROUP"]


def _group(title: str, why: str, calls: str) -> Group:
    return Group(title, why, tuple(calls.split()))


ALLOWED = (
    _group(
        "files",
        "what can be reached is decided by what is mounted, and nearly all of that is read-only",
        """
        read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek
        open openat openat2 creat close close_range dup dup2 dup3 fcntl flock
        stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2
        getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir rename renameat renameat2
        link linkat unlink unlinkat symlink symlinkat readlink readlinkat umask
        chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat
        truncate ftruncate fallocate fadvise64 readahead fsync fdatasync sync_file_range
        sendfile copy_file_range splice tee
        setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
        removexattr lremovexattr fremovexattr setxattrat getxattrat listxattrat removexattrat
        """,
    ),
    _group("device nodes", "FIFOs, sockets and plain files are made with the same call", "mknod mknodat"),
    _group("controls of devices", "terminals of a shell, sockets, graphics cards", "ioctl"),
    _group(
        "memory",
        "of the process itself, counted by the run's limits",
        """
        mmap munmap mremap mprotect madvise msync mincore brk mlock mlock2 munlock mlockall munlockall
        memfd_create membarrier pkey_mprotect pkey_alloc pkey_free mseal map_shadow_stack
        """,
    ),
    _group(
        "processes and threads",
        "DataLoader workers, multiprocessing, shell commands; counted by the run's limits",
        """
        fork vfork execve execveat exit exit_group wait4 waitid getpid getppid gettid
        getpgid getpgrp getsid setpgid setsid set_tid_address set_robust_list get_robust_list rseq
        futex futex_waitv futex_wait futex_wake futex_requeue arch_prctl getrusage times
        getpriority setpriority ioprio_get ioprio_set getrlimit setrlimit prlimit64
        sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler
        sched_setscheduler sched_getattr sched_setattr sched_get_priority_max sched_get_priority_min
        sched_rr_get_interval getcpu pidfd_open pidfd_send_signal
        """,
    ),
    _group("clone", "threads and child processes; glibc falls back to it when clone3 isn't there", "clone"),
    _group("prctl", "names of threads, the order to die with the parent, no_new_privs", "prctl"),
    _group("personality", "to ask which one it is", "personality"),
    _group(
        "signals",
        "they reach the run's own processes, no others are there",
        """
        kill tkill tgkill rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo
        rt_tgsigqueueinfo rt_sigsuspend rt_sigreturn sigaltstack restart_syscall pause signalfd signalfd4
        """,
    ),
    _group(
        "waiting and time",
        "event loops, clocks to read, timers of the process itself",
        """
        poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
        eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime
        pipe pipe2
        time gettimeofday clock_gettime clock_getres nanosleep clock_nanosleep alarm getitimer setitimer
        timer_create timer_settime timer_gettime timer_getoverrun timer_delete
        """,
    ),
    _group("sockets of chosen kinds", "multiprocessing and event loops; an address family is kernel code", "socket"),
    _group("pairs of sockets", "event loops and multiprocessing", "socketpair"),
    _group(
        "use of sockets",
        "there is nobody in the run's network but itself",
        """
        bind connect listen accept accept4 getsockname getpeername shutdown setsockopt getsockopt
        sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg
        """,
    ),
    _group(
        "who and where",
        "what Python asks when it starts; changes of user are held by the kernel, for there is but one user",
        """
        getuid geteuid getgid getegid getresuid getresgid getgroups capget
        setuid setgid setreuid setregid setresuid setresgid uname sysinfo getrandom
        """,
    ),
)
"""What STRICT allows. A call of `CONDITIONS` is allowed with certain arguments only."""

REFUSED = (
    _group("clone3", "its flags lie in memory, where no filter sees them; said not to exist", "clone3"),
    _group("namespaces", "inside a new one a program has rights that it hasn't outside", "unshare setns"),
    _group(
        "mounts",
        "what a run sees is mounted before any of its code runs",
        """
        mount umount2 pivot_root chroot open_tree open_tree_attr move_mount mount_setattr statmount listmount
        fsopen fsconfig fsmount fspick
        """,
    ),
    _group(
        "other processes",
        "no process looks into another or takes from it",
        "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp",
    ),
    _group(
        "programs for the kernel",
        "interpreters, tracers and fault handlers: much kernel code, and where many of its holes were",
        "bpf perf_event_open userfaultfd seccomp lookup_dcookie",
    ),
    _group(
        "asynchronous input and output",
        "a second way into the kernel that no filter sees; none of the frameworks needs it",
        """
        io_uring_setup io_uring_enter io_uring_register
        io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents
        """,
    ),
    _group("keyrings", "they belong to a user, not to a run", "add_key request_key keyctl"),
    _group(
        "files past their paths",
        "handles open what no path in here leads to; fanotify sees the accesses of others",
        "name_to_handle_at open_by_handle_at fanotify_init fanotify_mark",
    ),
    _group(
        "watching files",
        "watches see who opens the files that all runs share, and are few for each user: one run could take them all",
        "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch",
    ),
    _group(
        "System V and POSIX queues",
        "objects that outlive their process; multiprocessing uses files in /dev/shm",
        """
        shmget shmat shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl
        mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
        """,
    ),
    _group(
        "rights",
        "there are none to hand round, and no further rules to make",
        """
        capset setgroups setfsuid setfsgid landlock_create_ruleset landlock_add_rule landlock_restrict_self
        lsm_get_self_attr lsm_set_self_attr lsm_list_modules
        """,
    ),
    _group(
        "the machine",
        "its clock, name, modules, disks, ports and log",
        """
        reboot kexec_load kexec_file_load init_module finit_module delete_module swapon swapoff acct
        quotactl quotactl_fd syslog settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname
        vhangup iopl ioperm sync syncfs
        """,
    ),
    _group(
        "odd memory",
        "pages between nodes and processes, memory that the kernel can't see, what others have in the page cache",
        """
        mbind set_mempolicy get_mempolicy set_mempolicy_home_node migrate_pages move_pages
        remap_file_pages memfd_secret vmsplice cachestat
        """,
    ),
    _group("new attributes of files", "nothing uses them yet", "file_getattr file_setattr"),
    _group(
        "calls of the past",
        "nothing uses them any more, and most kernels have forgotten them",
        """
        modify_ldt set_thread_area get_thread_area uselib ustat sysfs _sysctl create_module get_kernel_syms
        query_module nfsservctl getpmsg putpmsg afs_syscall tuxcall security vserver epoll_ctl_old epoll_wait_old
        """,
    ),
)
"""What STRICT refuses: with EPERM, but for `ABSENT`."""

ABSENT = frozenset({"clone3"})
"""Refused with ENOSYS: glibc falls back to clone on no other error."""

_NAMESPACES = 0x7E02_0000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_SOCKET_TYPES = one_of(1, (1, 2, 5), mask=0xF)  # stream, datagram, sequenced packets; above are close-on-exec and such
_PROTOCOLS = one_of(2, (0, 6, 17))  # the type's own, TCP, UDP
_ASK_FOR_ROUTES = (one_of(0, (_NETLINK,)), one_of(2, (0,)), one_of(1, (2, 3), mask=0xF))
_FILE_TYPES = (0, 0o100000, 0o010000, 0o140000)  # plain (twice), FIFO, socket: no device
_TIOCSTI, _TIOCLINUX, _TIOCCONS, _TIOCSETD = 0x5412, 0x541C, 0x541D, 0x5423
_PERSONALITIES = (0, 0xFFFF_FFFF)  # plain Linux, and the question

_PRCTL = (
    *(1, 2),  # SET and GET_PDEATHSIG
    *(3, 4),  # GET and SET_DUMPABLE
    *(15, 16),  # SET and GET_NAME
    21,  # GET_SECCOMP
    23,  # CAPBSET_READ
    *(29, 30),  # SET and GET_TIMERSLACK
    *(36, 37),  # SET and GET_CHILD_SUBREAPER
    *(38, 39),  # SET and GET_NO_NEW_PRIVS
    *(41, 42),  # SET and GET_THP_DISABLE
    *(50, 51, 55, 56, 63, 64),  # aarch64: length of vectors, tagged addresses
    52,  # GET_SPECULATION_CTRL
    0x5356_4D41,  # SET_VMA: names of memory areas
)
_PRCTL_OF_ZYGOTE = (22, 24, 47)  # SET_SECCOMP, CAPBSET_DROP, CAP_AMBIENT

CONDITIONS: Mapping[str, tuple[Way, ...]] = {
    "clone": ((without(0, _NAMESPACES),),),
    "ioctl": ((none_of(1, (_TIOCSTI, _TIOCLINUX, _TIOCCONS, _TIOCSETD)),),),
    "mknod": ((one_of(1, _FILE_TYPES, mask=0o170000),),),
    "mknodat": ((one_of(2, _FILE_TYPES, mask=0o170000),),),
    "personality": ((one_of(0, _PERSONALITIES),),),
    "prctl": ((one_of(0, _PRCTL),),),
    "prlimit64": ((one_of(0, (0,)),),),
    "socket": ((one_of(0, (_UNIX, _INET, _INET6)), _PROTOCOLS, _SOCKET_TYPES), _ASK_FOR_ROUTES),
    "socketpair": ((one_of(0, (_UNIX,)), _SOCKET_TYPES),),
}
"""Allowed calls whose arguments matter, and the ways in which they may be made. Any other is refused with EPERM.

ioctl: typing on a terminal in someone's place, the console, and line disciplines. prlimit64: its own limits alone, for
init is of the same user, and one that may not compute ends with all questions. socket: no vsock, no packets, no
kernel cryptography, no protocol that would load a module; of netlink only what getifaddrs(3) asks, for PyTorch's gloo
does.
"""

ZYGOTE_GROUP = _group(
    "making a run's own namespaces",
    "a zygote forks runs that have namespaces, mounts and a filter of their own; the run's own filter is STRICT",
    "unshare mount umount2 sethostname setgroups capset seccomp",
)
"""What ZYGOTE allows beside what STRICT does."""

ZYGOTE_CONDITIONS: Mapping[str, tuple[Way, ...]] = {
    **{call: ways for call, ways in CONDITIONS.items() if call != "clone"},
    "prctl": ((one_of(0, _PRCTL + _PRCTL_OF_ZYGOTE),),),
}

#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int pf_sandbox_limit(int resource, uint64_t value) {
    struct rlimit limits = {.rlim_cur = value, .rlim_max = value};
    return setrlimit(resource, &limits) == 0 ? 0 : errno;
}

// Memory of a finished image goes back to the system at once instead of staying in the heap.
static void tune_memory(void) {
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

// A user's threads are counted together, also those of other containers, so there is no number that is right
// everywhere: from this on the limit grows until a thread can be started, and is then doubled.
static const rlim_t threads = 1024;

static void *nothing(void *argument) { return argument; }

static int can_start_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0) return 0;
    pthread_join(thread, NULL);
    return 1;
}

static int limit_threads(void) {
    struct rlimit limits;
    if (getrlimit(RLIMIT_NPROC, &limits) != 0) return errno;
    rlim_t most = limits.rlim_max;
    for (limits.rlim_cur = threads; limits.rlim_cur < most; limits.rlim_cur *= 2) {
        if (setrlimit(RLIMIT_NPROC, &limits) != 0) return errno;
        if (!can_start_thread()) continue;
        rlim_t enough = limits.rlim_cur * 2;
        return enough < most ? pf_sandbox_limit(RLIMIT_NPROC, enough) : 0;
    }
    limits.rlim_cur = most;
    return setrlimit(RLIMIT_NPROC, &limits) == 0 ? 0 : errno;
}

// A container that runs as root has capabilities, and a process that is started in it has them, too.
static int drop_capabilities(void) {
    // Fails without the capability to do so, and then there is nothing to drop.
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct none[2] = {{0}};
    return syscall(SYS_capset, &header, none) == 0 ? 0 : errno;
}

int pf_sandbox_enter(pid_t parent, uint64_t file_size) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
    // The parent may have died before the line above took effect.
    if (getppid() != parent) return ESRCH;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    int error = drop_capabilities();
    if (error) return error;
    // Changing capabilities takes this back, so it comes after.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
    if (getppid() != parent) return ESRCH;
    if (prctl(PR_SET_DUMPABLE, 0) != 0) return errno;
    tune_memory();
    error = pf_sandbox_limit(RLIMIT_CORE, 0);
    if (!error) error = limit_threads();
    if (!error) error = pf_sandbox_limit(RLIMIT_FSIZE, file_size);
    return error;
}

// Memory, threads, time, and reading and writing open files. No call here takes a path. A call that a processor's Linux does not have,
// as poll and open on arm64, has a number below zero here, and libseccomp leaves its rule out.
static const int allowed[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
    SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fstat),
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq), SCMP_SYS(membarrier),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_getattr), SCMP_SYS(getcpu), SCMP_SYS(sysinfo),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom), SCMP_SYS(getrusage),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday),
    SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

// The flags of pthread_create.
static const scmp_datum_t thread_flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD
    | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

static int allow_with_arguments(scmp_filter_ctx filter) {
    int error = 0;
    // Threads, with the flags of the C library and no others; never processes or namespaces. Not to be done without:
    // libvips has a thread write while another computes and lets it go when it was idle, and the decoders of AVIF and
    // HEIC start theirs for each image. The arguments of clone3 cannot be seen by a filter: the C library falls back to clone.
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_EQ, thread_flags));
    error |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    // Memory, but never memory that can be executed.
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    // Open files can be inspected by descriptor with fstat. The C library uses newfstatat with an empty path,
    // which a filter cannot distinguish from a non-empty path, so it always fails; callers that use it
    // only want a good buffer size.
    error |= seccomp_rule_add(
        filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 1, SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
    // A library that aborts sends itself this signal, and no other.
    error |= seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()), SCMP_A2(SCMP_CMP_EQ, SIGABRT));
    // Libraries try to read files and work without them: the C library reads the kernel's overcommit mode
    // when it shrinks a heap. Reading is denied with an error; libraries do not open files for writing, so that kills.
    error |= seccomp_rule_add(
        filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT, O_RDONLY));
    error |= seccomp_rule_add(
        filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(open), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT, O_RDONLY));
    // Code that prints a warning first checks for a terminal.
    error |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0);
    // Thread names.
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
    return error;
}

// Rendering takes every processor that there is. The service responds to probes and renews leases in between, and comes first: at 10 a
// process gets about a tenth of what one at 0 does.
static const int niceness = 10;

// Only once the process is ready: a start at low priority takes ten times as long while others render, and a job waits for it.
static int lower_priority(void) {
    if (getpriority(PRIO_PROCESS, 0) >= niceness) return 0;
    // On Linux each thread has a priority of its own, and the warm-up leaves threads behind. This process is alone in its group.
    return setpriority(PRIO_PGRP, 0, niceness) == 0 ? 0 : errno;
}

int pf_sandbox_lock(uint64_t memory, uint64_t *available) {
    int error = lower_priority();
    if (!error) error = pf_sandbox_limit_memory(memory, available);
    if (!error) error = pf_sandbox_limit(RLIMIT_NOFILE, PF_SANDBOX_OUTPUT + 1);
    if (error) return error;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter) return ENOMEM;
    error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    // The threads that the warm-up left behind are held by the same filter.
    if (!error) error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    for (size_t index = 0; index < sizeof allowed / sizeof *allowed && !error; index++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[index], 0);
    if (!error) error = allow_with_arguments(filter);
    if (!error) error = seccomp_load(filter);
    seccomp_release(filter);
    return error < 0 ? -error : error;
}

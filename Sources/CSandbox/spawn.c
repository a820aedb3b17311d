#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int pf_sandbox_socketpair(int pair[2]) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0 ? 0 : errno;
}

int pf_sandbox_memory_file(const char *name, int *descriptor) {
    *descriptor = memfd_create(name, MFD_CLOEXEC);
    return *descriptor >= 0 ? 0 : errno;
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    // Its own group: Ctrl-C in a terminal is for the service, which decides what happens to its jobs.
    posix_spawnattr_setpgroup(attributes, 0);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

static int set_actions(posix_spawn_file_actions_t *actions, const int descriptors[3]) {
    int error = 0;
    for (int standard = 0; standard <= 2 && !error; standard++)
        error = posix_spawn_file_actions_addopen(actions, standard, "/dev/null", O_RDWR, 0);
    for (int index = 0; index < 3 && !error; index++)
        error = posix_spawn_file_actions_adddup2(actions, descriptors[index], PF_SANDBOX_SOCKET + index);
    return error ? error : posix_spawn_file_actions_addclosefrom_np(actions, PF_SANDBOX_OUTPUT + 1);
}

int pf_sandbox_spawn(
    const char *path, char *const arguments[], char *const environment[], int socket, int input, int output, pid_t *process) {
    // Copies above the range that the child's own descriptors go to, so that no copy overwrites another.
    int descriptors[3] = {
        fcntl(socket, F_DUPFD_CLOEXEC, 16), fcntl(input, F_DUPFD_CLOEXEC, 16), fcntl(output, F_DUPFD_CLOEXEC, 16)};
    int error = descriptors[0] < 0 || descriptors[1] < 0 || descriptors[2] < 0 ? errno : 0;

    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    if (!error) error = set_attributes(&attributes);
    if (!error) error = set_actions(&actions, descriptors);
    if (!error) error = posix_spawn(process, path, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    for (int index = 0; index < 3; index++)
        if (descriptors[index] >= 0) close(descriptors[index]);
    return error;
}

int pf_sandbox_limit_processor_time(pid_t process, uint64_t seconds) {
    clockid_t clock;
    int error = clock_getcpuclockid(process, &clock);
    if (error) return error;
    struct timespec used;
    if (clock_gettime(clock, &used) != 0) return errno;
    struct rlimit limits;
    if (prlimit(process, RLIMIT_CPU, NULL, &limits) != 0) return errno;
    rlim_t wanted = (rlim_t)used.tv_sec + seconds + 1;
    // The hard limit stays: once lowered, it could not be raised for the next job.
    limits.rlim_cur = wanted < limits.rlim_max ? wanted : limits.rlim_max;
    return prlimit(process, RLIMIT_CPU, &limits, NULL) == 0 ? 0 : errno;
}

int pf_sandbox_reap(pid_t process, int wait, int *how, int *number) {
    int status = 0;
    pid_t ended;
    do {
        ended = waitpid(process, &status, wait ? 0 : WNOHANG);
    } while (ended < 0 && errno == EINTR);
    if (ended < 0) return errno;
    *how = ended == 0 ? PF_SANDBOX_RUNNING : WIFEXITED(status) ? PF_SANDBOX_EXITED : PF_SANDBOX_SIGNALLED;
    *number = ended == 0 ? 0 : WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    return 0;
}

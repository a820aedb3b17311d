#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// Address space without memory behind it: thread stacks, reservations of the C library for its arenas, and memory that decoders
// allocate and never touch. The worst seen, a lossless WebP of 50 megapixels, reserves 880 MB and touches 500.
static uint64_t unbacked(uint64_t available) { return (128 << 20) + available / 4; }

// An allocation of this size that fails says that the limit is reached.
static const size_t probe = 32 << 20;

static char handler_stack[64 << 10];

// Libraries abort, or dereference a null pointer, when memory runs out. The cause is the limit, not a
// defect of a decoder, so it gets its own exit status. Everything in here is async-signal-safe.
static void end_of_memory(int number, siginfo_t *information, void *context) {
    (void)context;
    int exhausted = errno == ENOMEM;
    if (!exhausted) {
        void *more = mmap(NULL, probe, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        exhausted = more == MAP_FAILED && errno == ENOMEM;
        if (more != MAP_FAILED) munmap(more, probe);
    }
    if (exhausted) _exit(PF_SANDBOX_EXIT_MEMORY);
    // Returning repeats the fault, with the default action this time.
    signal(number, SIG_DFL);
    if (information->si_code > 0 || information->si_pid == getpid()) return;
    // A signal sent by another process does not repeat by itself.
    signal(SIGILL, SIG_DFL);
    __builtin_trap();
}

static int watch(void) {
    stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
    if (sigaltstack(&stack, NULL) != 0) return errno;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = end_of_memory;
    action.sa_flags = SA_ONSTACK | SA_SIGINFO;
    static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP};
    for (size_t index = 0; index < sizeof signals / sizeof *signals; index++)
        if (sigaction(signals[index], &action, NULL) != 0) return errno;
    return 0;
}

// Pages of addresses and pages in memory, of this process.
static int usage(uint64_t *addresses, uint64_t *resident) {
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return errno;
    unsigned long all, in_memory;
    int read = fscanf(file, "%lu %lu", &all, &in_memory);
    fclose(file);
    if (read != 2) return EIO;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    *addresses = all * page;
    *resident = in_memory * page;
    return 0;
}

int pf_sandbox_limit_memory(uint64_t memory, uint64_t *available) {
    uint64_t addresses, resident;
    int error = usage(&addresses, &resident);
    if (error) return error;
    *available = memory > resident ? memory - resident : 0;
    error = pf_sandbox_limit(RLIMIT_AS, addresses + *available + unbacked(*available));
    return error ? error : watch();
}

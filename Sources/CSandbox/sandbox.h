#pragma once

#include "CSandbox.h"

// Sets both limits of a resource.
int pf_sandbox_limit(int resource, uint64_t value);

// Limits the memory of this process, and has it end in a way of its own where that is not enough.
int pf_sandbox_limit_memory(uint64_t memory, uint64_t *available);

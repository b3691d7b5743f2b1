// SPDX-License-Identifier: Apache-2.0
/*
 * Whether we look at the running machine: our root and mount namespace are those of PID 1. In a
 * chroot of an image build, or in a container, they are not, and there nothing may be loaded into
 * the kernel or told to a service.
 */
#pragma once

#include <stdbool.h>

/* In doubt (no /proc, no permission): false. */
bool look_live(void);

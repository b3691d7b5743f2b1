// SPDX-License-Identifier: Apache-2.0
/*
 * Whether we look at the running machine: our root and mount namespace are those of PID 1. In a
 * chroot of an image build, or in a container, they are not, and there nothing may be loaded into
 * the kernel or told to a service.
 */
#pragma once

enum live {
	LIVE_NO, /* our root is another one */
	LIVE_YES,
	LIVE_UNKNOWN, /* only root sees the root of PID 1, and we are not root */
};

enum live look_live(void);

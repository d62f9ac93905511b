/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest's clock in a state that was saved by a VMM which only took it in (see capture.h).
 *
 * With a state QEMU saves what KVM says that kvm-clock shows. In a VMM that never ran its guest KVM was
 * not told the guest's time, and says how old the VMM is. A guest restored from that has kvm-clock fall
 * back to a second or so: its scheduler's clock stands still until that is made up for, and a program
 * that is busy keeps its processor from others. The other clocks stand still until the agent sets the
 * time. (Seen with QEMU 7.2 and 10.0, Linux 6.12.)
 *
 * QEMU knows another way: when the state says that this clock is not reliable, as those of old kernels
 * were not, it works the time out from what kvm-clock last told the guest, in the guest's memory, and the
 * TSC. Both are right in such a state.
 */
#ifndef SBX_KEEPER_KVM_CLOCK_H
#define SBX_KEEPER_KVM_CLOCK_H

#include <glib.h>

/* The state with its clock marked as not reliable, a new reference; @state itself where it says nothing
 * of kvm-clock: under TCG, or by another VMM. */
GBytes *sbx_kvm_clock_distrust(GBytes *state);

#endif

/*
 * Tells whether KVM can really run guests on this host, not only whether /dev/kvm opens.
 */
#pragma once

typedef enum {
    SBX_KVM_WORKS,  /* guest code ran natively to its end */
    SBX_KVM_ABSENT, /* there is no /dev/kvm */
    SBX_KVM_DENIED, /* there is one, but this user may not open it */
    SBX_KVM_BROKEN, /* it opens and then cannot run a stock kernel */
} SbxKvmState;

/*
 * Runs a few guest instructions in a throw-away virtual machine, in a child process that kills
 * itself after two seconds. Takes a few milliseconds; blocks; any thread. Run it as the user that
 * will run the virtual machines. *reason (may be NULL) is set to one line for `sbx doctor`, in
 * every case; free it with g_free().
 */
SbxKvmState sbx_kvm_probe(char **reason);

/* The same on another path: for tests. */
SbxKvmState sbx_kvm_probe_device(const char *device, char **reason);

/* "works", "absent", "denied" or "broken". */
const char *sbx_kvm_state_name(SbxKvmState state);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that stands for a virtual machine: see fake-vm.c. */
#pragma once

#define FAKE_VM_OPTION "--fake-vm"

/* The exit status when the driver ended it; 0: the guest turned itself off; else it broke. */
#define FAKE_VM_KILLED 9

/* argv: PROGRAM --fake-vm MODE NAME AGENT_SOCKET CONSOLE_SOCKET MONITOR_SOCKET; the agent's program
 * is open as descriptor 3. */
int fake_vm_main(int argc, char **argv);

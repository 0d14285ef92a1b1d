// SPDX-License-Identifier: MIT
#pragma once

/// What tests/faults/interposer.cpp, loaded before all other libraries, offers to a program that looks for it.
extern "C" {

/// From now on the n-th call (n = 1 is the next) of this kind fails, once; 0: none. `kind` is 'a' for allocations, 's'
/// for calls of the system that a program makes to read and to write, 'g' for these if all after it fail as well.
void gradus_faults_arm(char kind, long n);
/// Whether the call that was to fail has been made.
bool gradus_faults_struck();
/// Blocks of memory that are allocated and not yet freed.
long gradus_faults_live_blocks();
}

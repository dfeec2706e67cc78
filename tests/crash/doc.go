// Package crash cuts the power, kills the process, breaks disks and clocks under
// SQL load and checks what is left: every acknowledged commit is there, every
// commit is there in all its tables or in none, the doctor finds nothing, and
// the past answers as before.
//
// Power cuts run in this process on a file system in memory that forgets what
// was not synced. Kills run the real program; DRIFTDB_CRASH_KILLS says how often,
// DRIFTDB_CRASH_CUTS how many power cuts there are, DRIFTDB_CRASH_FAULTS how often
// the disk fails at random or gets slow, and DRIFTDB_CRASH_FLIPS how many bits are
// flipped in files of each kind.
package crash

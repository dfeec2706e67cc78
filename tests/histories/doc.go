// Package histories judges concurrent work under faults. Sessions run a workload
// while the power fails, the clock jumps and the store compacts; what each of them
// was told is recorded, and a checker says whether any correct database could have
// answered so.
//
//   - registers: reads, writes and reads of the past of single rows must be
//     linearizable (package porcupine), a read of the past being an operation that
//     returns what its moment had;
//   - lists: transactions append to and read lists; the order of versions that
//     the lists show gives the dependencies between transactions, and cycles of
//     them are the anomalies that an isolation level excludes (Adya, Weak
//     Consistency, 1999; the shape of the workload follows Elle, Kingsbury and
//     Alvaro, VLDB 2020);
//   - bank, set, long fork, write skew and monotonic: one invariant each, now and
//     at past moments.
//
// Each checker is also run on a database with a planted fault, and must find it.
// DRIFTDB_HISTORIES_SECONDS says how long each workload runs.
package histories

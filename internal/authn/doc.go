// Package authn decides who a client is: SCRAM-SHA-256 with and without channel
// binding, MD5 where configured, trust on loopback; it makes and reads password
// verifiers, TLS configurations and the rule on which addresses a server may
// listen. It must not know wire messages, sessions or the catalog: roles come
// through the Roles interface, and the door carries the bytes.
//
// Invariants:
//
//	I1. An unknown user, a user without a password and a wrong password are told
//	    apart neither by the answer nor by the number of messages.
//	I2. No password and no derived key is ever logged or put in an error.
package authn

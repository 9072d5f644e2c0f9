// Package independent lets others judge what the ledger publishes: torchwood,
// transparency-dev's formats, merkle and witness, tessera's fsck, openssl and the
// shell. It holds tests only, and shares no code with the ledger, which it knows
// as a program and as files.
package independent

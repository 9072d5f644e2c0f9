// Wenxiao (问效) keeps the performance records of public money as a ledger of
// immutable events, and answers from it who decided what, knowing what.
//
// Run "wenxiao help" for the commands. "wenxiao demo" needs nothing else
// installed.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

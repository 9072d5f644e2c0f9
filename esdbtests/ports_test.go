package esdbtests

import (
	"fmt"
	"net"
	"os"
	"testing"
)

// The suites have these ports written into them: 2111 to 2113 for a cluster, 2114
// for a node without TLS and 2115 for one with.
const firstPort, lastPort = 2111, 2115

// TestMain says at once which ports somebody else has: the suites would talk to
// whoever that is.
func TestMain(m *testing.M) {
	taken := false
	for port := firstPort; port <= lastPort; port++ {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			taken = true
			fmt.Fprintf(os.Stderr, "端口 %d 被占用，这些测试要用 %d 至 %d，先停掉占用它的程序（ss -ltnp 可查） (port taken): %v\n", port, firstPort, lastPort, err)
			continue
		}
		_ = listener.Close()
	}
	if taken {
		os.Exit(1)
	}
	os.Exit(m.Run())
}

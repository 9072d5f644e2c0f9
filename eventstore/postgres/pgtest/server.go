//go:build unix

package pgtest

// Server returns the address of the server that [URL] makes schemas on, for
// programs that are no tests, such as benchmarks. It ends with the program.
func Server() (string, error) { return server() }

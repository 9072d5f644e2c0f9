//go:build race

package pubsub

func init() { underRace = true }

//go:build race

package postgres

func init() { underRace = true }

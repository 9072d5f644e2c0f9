package accounts

import (
	"fmt"
	"time"

	"golang.org/x/time/rate"
)

// TooMany refuses a sign-in, right or wrong, until Wait has passed.
type TooMany struct{ Wait time.Duration }

func (e TooMany) Error() string {
	return fmt.Sprintf("sign-in refused for %s", e.Wait.Round(time.Second))
}

// attempts limits the wrong passwords that one address may try for one account,
// and for all accounts together. Someone else's attempts from elsewhere never
// lock an account's holder out.
type attempts struct{ pairs, addresses *bounded[*rate.Limiter] }

func newAttempts() *attempts {
	return &attempts{newBounded[*rate.Limiter](10_000), newBounded[*rate.Limiter](10_000)}
}

// allow takes one attempt, or says how long to wait for the next. right gives it
// back: a whole office behind one address signs in every morning.
func (a *attempts) allow(now time.Time, username, address string) (right func(), err error) {
	key := address + " " + username
	pair, _ := a.pairs.get(key, func() *rate.Limiter { return rate.NewLimiter(rate.Every(3*time.Minute), 5) })
	from, _ := a.addresses.get(address, func() *rate.Limiter { return rate.NewLimiter(rate.Every(10*time.Second), 30) })
	one, all := pair.ReserveN(now, 1), from.ReserveN(now, 1)
	if wait := max(one.DelayFrom(now), all.DelayFrom(now)); wait > 0 {
		one.CancelAt(now)
		all.CancelAt(now)
		return nil, TooMany{wait}
	}
	return func() {
		all.CancelAt(now)
		a.pairs.forget(key)
	}, nil
}

package deadline

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"wenxiao/api/accounts"
	"wenxiao/bench/city"
	"wenxiao/domain"
)

// A person has an account, a browser, and something to do in the week.
type person struct {
	*browser
	account accounts.Account
	chance  *rand.Rand
	files   []task // what an officer files, in order of time; nil for others
	do      func(ctx context.Context, p *play)
}

// A task is a form that an officer means to file at an hour of the week.
type task struct {
	code domain.ProgrammeCode
	hour float64
}

const password = "周五下班之前都要报齐"

// staff are the people of the week, the same each time it is asked for.
func (w Week) staff() (all []*person) {
	add := func(role accounts.Role, unit domain.UnitCode, name string, do func(*person) func(context.Context, *play)) *person {
		one := &person{account: accounts.Account{
			Username: fmt.Sprintf("bench%04d", len(all)), Role: role, Person: fmt.Sprintf("b%04d", len(all)), Name: name, Post: "经办", Unit: unit, UnitName: "某单位",
		}, chance: rand.New(rand.NewPCG(w.Seed, uint64(len(all))))}
		one.do = do(one)
		all = append(all, one)
		return one
	}
	for d := range w.City.Departments {
		var unit []*person
		for range w.Officers {
			unit = append(unit, add(accounts.Filer, city.UnitCode(d), "经办人某", (*person).officer))
		}
		w.share(d, unit)
	}
	for range w.Reviewers {
		add(accounts.Finance, "101", "审核人某", (*person).reviewer)
	}
	for range w.Readers {
		add(accounts.Congress, "102", "代表某", (*person).reader)
	}
	for range w.Auditors {
		add(accounts.Auditor, "103", "审计某", (*person).auditor)
	}
	return all
}

// share gives the programmes of a unit that are due to its officers. Of a hot one all of them file
// the form, at about the same moment.
func (w Week) share(department int, unit []*person) {
	for n := range w.Due {
		code := city.ProgrammeCode(department, n)
		chance := rand.New(rand.NewPCG(w.Seed, uint64(department)<<16|uint64(n)))
		hour := late(chance)
		if w.isHot(n) {
			for _, officer := range unit {
				officer.files = append(officer.files, task{code, hour})
			}
			continue
		}
		officer := unit[n%len(unit)]
		officer.files = append(officer.files, task{code, hour})
	}
	for _, officer := range unit {
		officer.files = append([]task{}, officer.files...) // not nil, even without any
		slices.SortFunc(officer.files, func(a, b task) int { return cmp.Compare(a.hour, b.hour) })
	}
}

func (w Week) isHot(number int) bool { return w.Hot > 0 && number%w.Hot == 0 }

// Enrol enters the week's accounts where the servers keep theirs.
func (w Week) Enrol(ctx context.Context, address string) error {
	all, err := accounts.Open(ctx, address)
	if err != nil {
		return err
	}
	defer all.Close()
	for _, one := range w.staff() {
		if err := all.Add(ctx, one.account, password); err != nil {
			return err
		}
	}
	return nil
}

// signIn opens everybody's session, as on the morning of the first day.
func (p *play) signIn(ctx context.Context) ([]*person, error) {
	staff := p.staff()
	turns := make(chan struct{}, 8)
	errs := make(chan error, len(staff))
	var all sync.WaitGroup
	for i, one := range staff {
		one.browser = newBrowser(p.servers[i%len(p.servers)].address, p.tally)
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			if err := one.enter(ctx, one.account.Username); err != nil {
				errs <- err
			}
		})
	}
	all.Wait()
	select {
	case err := <-errs:
		return nil, fmt.Errorf("sign in: %w", err)
	default:
		return staff, nil
	}
}

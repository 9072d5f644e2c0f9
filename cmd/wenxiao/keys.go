package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore/vault"
	"wenxiao/projections"
)

// forget destroys the keys of everybody whom the ledger says to be erased. None
// should be left: those that are outlived a crash, or came back with a backup.
func forget(ctx context.Context, keys *vault.Vault, views projections.Views) (left int, err error) {
	erased, err := views.Erased(ctx)
	if err != nil || len(erased) == 0 {
		return 0, err
	}
	return keys.Destroy(ctx, erased...)
}

// examineKeys destroys what must not be there and says so: it is no mere reading.
// That there is a key for everybody who is not erased, it counts; each person
// whose words can no longer be read is a problem.
func examineKeys(ctx context.Context, p place, views projections.Views, out io.Writer) (problems int, err error) {
	persons, err := known(ctx, views)
	if err != nil {
		return 0, err
	}
	path := p.beside("keys")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) { // opening would make an empty one
		fmt.Fprintf(out, "个人密钥 (keys) 0 把\n")
		return tellUnread(out, path, len(persons), len(persons)), nil
	}
	if !changeable(path) {
		fmt.Fprintf(out, "个人密钥 (keys)  没有查：没有读写 %s 的权限\n", path)
		return 0, nil
	}
	keys, err := vault.Open(ctx, path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	left, err := forget(ctx, keys, views)
	if err != nil {
		return 0, err
	}
	count, err := keys.Count(ctx)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "个人密钥 (keys) %d 把\n", count)
	if left > 0 {
		fmt.Fprintf(out, "已再次销毁 (destroyed again)  %d 把：所属的人在账本中已经删除，密钥像是随备份恢复的\n", left)
	}
	for _, person := range persons {
		if !opens(ctx, keys, person) {
			problems++
		}
	}
	return tellUnread(out, path, problems, len(persons)), nil
}

func tellUnread(out io.Writer, path string, missing, of int) int {
	if missing > 0 {
		fmt.Fprintf(out, "问题 (problem)  %d 人的密钥不见了或打不开（账本里没有删除的共 %d 人），他们的姓名和意见再也读不出；把 %s 由备份恢复 (keys missing)\n", missing, of, path)
	}
	return missing
}

// known returns everybody of whom the ledger has something protected and who is
// not erased.
func known(ctx context.Context, views projections.Views) (persons []projections.Participant, err error) {
	f := projections.ParticipantFilter{Paging: projections.Paging{PerPage: projections.MaxPerPage}}
	for f.Page = 1; ; f.Page++ {
		list, err := views.Participants(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, p := range list.Rows {
			if p.Erased == nil && len(protected(p)) > 0 {
				persons = append(persons, p)
			}
		}
		if len(list.Rows) < projections.MaxPerPage {
			return persons, nil
		}
	}
}

// protected is what the ledger has of a person under their key, by field.
func protected(p projections.Participant) map[string]domain.Protected {
	all := map[string]domain.Protected{}
	for _, part := range p.Identity.Parts() {
		if part.Value.Key != "" {
			all[part.Field] = *part.Value
		}
	}
	for _, said := range p.Statements {
		if said.Text.Key != "" {
			all[participant.StatementField(said.Programme, said.Year)] = said.Text
		}
	}
	return all
}

// opens reports whether person's key still opens what the ledger has of them.
func opens(ctx context.Context, keys *vault.Vault, p projections.Participant) bool {
	for field, text := range protected(p) {
		if _, err := keys.Reveal(ctx, p.ID, field, text); err != nil {
			return false
		}
	}
	return true
}

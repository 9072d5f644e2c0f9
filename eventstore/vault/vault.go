// Package vault keeps the keys of private persons, one each, outside the ledger.
// What a person's key protects can be read while the key is there, and by nobody
// after it is destroyed: not from the ledger, whose bytes stay as they are, and
// not from any copy of it. Proofs over the ledger stay whole.
//
// It is an SQLite file whose keys are wrapped by a master key in a file of its
// own. Whoever has one of the two reads nothing.
package vault

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"wenxiao/domain"
)

var (
	// ErrDestroyed reports that the person's key is gone for good.
	ErrDestroyed = errors.New("key is destroyed")

	// ErrMissing reports that the key of a protected text is not in this vault:
	// it was made with another, or with keys that were not restored.
	ErrMissing = errors.New("key is not in the vault")

	// ErrAltered reports a protected text that is not what its key once made for
	// this person and this field.
	ErrAltered = errors.New("protected text was altered or belongs elsewhere")
)

// A Vault holds the keys. Its methods may be called concurrently.
type Vault struct {
	db     *sql.DB
	master master
	making sync.Mutex // held while a key is made, so that a person gets one
}

const schema = `CREATE TABLE IF NOT EXISTS keys (
	person  TEXT PRIMARY KEY,
	id      TEXT NOT NULL UNIQUE,
	wrapped BLOB -- null once destroyed: the row stays so that no second key is made
)`

// Open opens the vault at path, with its master key in path.master, and makes
// both where they are missing. Both are readable by their owner only; files that
// others may read are refused. A vault without its master key is refused, too: a
// new one would open nothing.
func Open(ctx context.Context, path string) (*Vault, error) {
	if err := private(path); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	db, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	v := &Vault{db: db}
	if err := v.begin(ctx, path+".master"); err != nil {
		return nil, errors.Join(fmt.Errorf("vault: %w", err), db.Close())
	}
	return v, nil
}

// begin reads the master key, or makes it together with the table, in one
// transaction: of several processes that open a fresh vault at once one makes it,
// and the others wait and read it.
func (v *Vault) begin(ctx context.Context, master string) error {
	tx, err := v.db.BeginTx(ctx, nil) // immediate
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var tables int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name = 'keys'`).Scan(&tables); err != nil {
		return err
	}
	if v.master, err = openMaster(master, tables == 0); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	return tx.Commit()
}

// Close closes the file of the keys.
func (v *Vault) Close() error { return v.db.Close() }

// Protect returns text as only person's key opens it, and only as that person's
// field. A person without a key gets one; one whose key is destroyed gets none
// ever again.
func (v *Vault) Protect(ctx context.Context, person, field, text string) (domain.Protected, error) {
	k, err := v.made(ctx, person)
	if err != nil {
		return domain.Protected{}, err
	}
	nonce, sealed := k.seal(person, field, text)
	return domain.Protected{Key: k.id, Nonce: nonce, Text: sealed}, nil
}

// Reveal returns the text of what was protected as person's field.
func (v *Vault) Reveal(ctx context.Context, person, field string, p domain.Protected) (string, error) {
	k, err := v.find(ctx, person)
	switch {
	case err != nil:
		return "", err
	case k.id != p.Key:
		return "", ErrMissing
	}
	return k.open(person, field, p)
}

// Digest binds a command to what it asked for, under person's key: whoever has
// the ledger cannot try out whose number or what words it was, and once the key
// is destroyed nobody can.
func (v *Vault) Digest(ctx context.Context, person string, asked []byte) ([]byte, error) {
	k, err := v.made(ctx, person)
	if err != nil {
		return nil, err
	}
	return mac(mac(k.secret[:], []byte("wenxiao digest")), asked), nil
}

// Pseudonym returns the id of a person who is entered by the command: v- and 16
// characters. It follows from the command, so that one sent twice enters one
// person, and from the master key, so that it says nothing; from the person it
// does not follow.
func (v *Vault) Pseudonym(command ...string) string {
	sum := mac(v.master[:], []byte("wenxiao pseudonym\x00"+strings.Join(command, "\x00")))
	return "v-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// Destroy destroys the keys of persons and returns how many there were to
// destroy. When it returns, no byte of a key is left in the file or in the log
// beside it. A person who never had a key cannot get one after.
func (v *Vault) Destroy(ctx context.Context, persons ...string) (destroyed int, err error) {
	v.making.Lock()
	defer v.making.Unlock()
	for _, person := range persons {
		gone, err := v.destroy(ctx, person)
		if err != nil {
			return destroyed, fmt.Errorf("vault: destroy the key of %s: %w", person, err)
		}
		if gone {
			destroyed++
		}
	}
	return destroyed, v.truncate(ctx)
}

// destroy writes zeros over the key before it lets go of it: the row is rewritten
// in its place, and pages that fall free are zeroed (secure_delete).
func (v *Vault) destroy(ctx context.Context, person string) (bool, error) {
	if _, err := v.db.ExecContext(ctx, `UPDATE keys SET wrapped = zeroblob(length(wrapped)) WHERE person = ? AND wrapped IS NOT NULL`, person); err != nil {
		return false, err
	}
	done, err := v.db.ExecContext(ctx, `UPDATE keys SET wrapped = NULL WHERE person = ? AND wrapped IS NOT NULL`, person)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	if err == nil && n == 0 { // a mark, where there never was a key
		_, err = v.db.ExecContext(ctx, `INSERT INTO keys (person, id, wrapped) VALUES (?, ?, NULL) ON CONFLICT DO NOTHING`, person, newID())
	}
	return n > 0, err
}

// Destroyed reports whether person's key is destroyed.
func (v *Vault) Destroyed(ctx context.Context, person string) (bool, error) {
	_, err := v.find(ctx, person)
	if errors.Is(err, ErrDestroyed) {
		return true, nil
	}
	if errors.Is(err, ErrMissing) {
		return false, nil
	}
	return false, err
}

// Count returns how many keys there are, destroyed ones not among them.
func (v *Vault) Count(ctx context.Context) (n int, err error) {
	err = v.db.QueryRowContext(ctx, `SELECT count(*) FROM keys WHERE wrapped IS NOT NULL`).Scan(&n)
	return n, err
}

// find returns person's key.
func (v *Vault) find(ctx context.Context, person string) (k key, err error) {
	var wrapped []byte
	err = v.db.QueryRowContext(ctx, `SELECT id, wrapped FROM keys WHERE person = ?`, person).Scan(&k.id, &wrapped)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return k, ErrMissing
	case err != nil:
		return k, fmt.Errorf("vault: %w", err)
	case wrapped == nil:
		return k, ErrDestroyed
	}
	k.secret, err = v.master.unwrap(person, k.id, wrapped)
	return k, err
}

// made is find, with a new key where there was none.
func (v *Vault) made(ctx context.Context, person string) (key, error) {
	k, err := v.find(ctx, person)
	if !errors.Is(err, ErrMissing) {
		return k, err
	}
	v.making.Lock()
	defer v.making.Unlock()
	if k, err = v.find(ctx, person); !errors.Is(err, ErrMissing) {
		return k, err
	}
	k.id = newID()
	_, _ = rand.Read(k.secret[:]) // never fails
	if _, err := v.db.ExecContext(ctx, `INSERT INTO keys (person, id, wrapped) VALUES (?, ?, ?) ON CONFLICT (person) DO NOTHING`, person, k.id, v.master.wrap(person, k)); err != nil {
		return key{}, fmt.Errorf("vault: %w", err)
	}
	return v.find(ctx, person) // another process may have been first
}

func newID() string {
	var id [8]byte
	_, _ = rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

func mac(secret, text []byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write(text)
	return m.Sum(nil)
}

package unit

import "wenxiao/domain"

type (
	// Register enters a unit into the ledger.
	Register struct {
		Code         domain.UnitCode   `json:"code"`
		Name         string            `json:"name"`
		Kind         Kind              `json:"kind"`
		Parent       domain.UnitCode   `json:"parent,omitempty"`
		CreditCode   domain.CreditCode `json:"creditCode,omitempty"`
		Region       string            `json:"region,omitempty"`
		Jurisdiction string            `json:"jurisdiction,omitempty"`
		Since        domain.Day        `json:"since,omitempty"`
		Source       *domain.Source    `json:"source,omitempty"`
	}

	// Rename gives the unit another name from a day on.
	Rename struct {
		Name     string     `json:"name"`
		Since    domain.Day `json:"since"`
		Document string     `json:"document"`
	}

	// Merge ends the unit in another. Whoever is still in post is relieved with it.
	Merge struct {
		Into     domain.UnitCode `json:"into"`
		Since    domain.Day      `json:"since"`
		Document string          `json:"document"`
	}

	// Abolish ends the unit. Whoever is still in post is relieved with it.
	Abolish struct {
		Since     domain.Day      `json:"since"`
		Successor domain.UnitCode `json:"successor,omitempty"`
		Document  string          `json:"document"`
	}

	// EstablishPost creates a post.
	EstablishPost struct {
		Post   string   `json:"post"`
		Title  string   `json:"title"`
		Duties []string `json:"duties,omitempty"`
	}

	// Appoint puts a person into a post.
	Appoint struct {
		Person string     `json:"person"`
		Name   string     `json:"name"`
		Post   string     `json:"post"`
		Since  domain.Day `json:"since"`
	}

	// Relieve ends a tenure.
	Relieve struct {
		Person string     `json:"person"`
		Post   string     `json:"post"`
		Until  domain.Day `json:"until"`
		Reason string     `json:"reason"`
	}

	// Delegate lets another act for the holder of a post (代办).
	Delegate struct {
		Post  string     `json:"post"`
		From  string     `json:"from"`
		To    string     `json:"to"`
		Name  string     `json:"name"`
		Scope string     `json:"scope"`
		Since domain.Day `json:"since"`
		Until domain.Day `json:"until"`
	}
)

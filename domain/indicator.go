package domain

// An Indicator is one row of an official goal form. Target stays as printed:
// ≥266米, 95%以上, 及时.
type Indicator struct {
	Row     string   `json:"row"`               // names the row through all versions of the form: 1, 2, …
	Level1  string   `json:"level1"`            // 产出指标
	Level2  string   `json:"level2"`            // 数量指标
	Name    string   `json:"name"`              // 三级指标
	Target  string   `json:"target"`            // 年度指标值
	Weight  *Decimal `json:"weight,omitempty"`  // 分值; none where the form prints none
	Rule    string   `json:"rule,omitempty"`    // 评(扣)分标准 agreed with the goal
	Basis   string   `json:"basis,omitempty"`   // 值设定依据: 计划, 行业, 历史 or 预算支出标准, with its source
	Library string   `json:"library,omitempty"` // code in the indicator library it was chosen from
	Core    bool     `json:"core,omitempty"`    // 核心指标
}

// A FundSource is one line of money: 当年财政拨款, 上年结转资金, 其他资金, …
type FundSource struct {
	Name   string `json:"name"`
	Amount Money  `json:"amount"`
}

// A Source says where a record was taken from that the ledger did not witness:
// a published table, an old file. Facts with a source are attested by it, and
// rules about the steps before them do not apply: the source does not show them.
type Source struct {
	Title   string `json:"title"`             // 公开表标题, 文号
	Address string `json:"address,omitempty"` // where it was published
	Case    string `json:"case,omitempty"`    // id in the file it was imported from
	SHA256  string `json:"sha256,omitempty"`  // of what was read there
}

// A Fact is what another stream says, as a command was shown it: the handler
// reads it, Decide judges it, and the envelope keeps Event as basis.
type Fact struct {
	Event string `json:"event"` // id of the event
	Holds bool   `json:"holds"`
	Text  string `json:"text"` // in words, for the refusal and the reader
}

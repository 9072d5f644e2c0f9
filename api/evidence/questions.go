package evidence

import (
	"fmt"

	"wenxiao/eventstore/seal"
)

// An answer is what was looked at for a check, and why the check does not apply,
// empty where it does.
type answer struct{ evidence, not string }

// A question is one check before it has an outcome.
type question struct {
	id, asks string
	answer   func(*finding) answer
}

// A finding is an examination with what else the checks need to know.
type finding struct {
	*examination
	verified seal.Verified
	quorum   bool       // the policy needs witnesses
	receiver *reception // nil where the bundle is being made
}

// A reception is what only who receives a bundle can look at.
type reception struct {
	files int   // in the manifest
	size  int64 // of the zip
}

var questions = []question{
	{isLeaf, "每件的信封与回执所证的信封逐字节相同", (*finding).each},
	{isProven, "每件的旁证由信封推到检查点的根（RFC 6962）", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("%d 张回执，根 %s，树上共 %d 件", f.records, f.checkpoint.Root, f.checkpoint.Size)}
	}},
	{isSigned, "检查点由策略所认的账本签名", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("账本 %s，签名 %s", f.checkpoint.Origin, list(f.verified.SignedBy))}
	}},
	{isWitness, "检查点有策略所要求的见证人签名", func(f *finding) answer {
		if !f.quorum {
			return answer{evidence: "见证 " + list(f.verified.Cosigned), not: "策略不要求见证人"}
		}
		return answer{evidence: "见证 " + list(f.verified.Cosigned)}
	}},
	{isSHA256, "内容的 SHA-256 与信封所载相同", (*finding).each},
	{isSM3, "内容的 SM3（GB/T 32905）与信封所载相同", func(f *finding) answer {
		a := answer{evidence: fmt.Sprintf("%d 件载有 SM3，逐件重算", f.withSM3)}
		if f.withSM3 == 0 {
			a.not = "这些记录的信封早于 SM3"
		}
		return a
	}},
	{isInOrder, "记账时间随账本位置先后不倒退，没有取证时点以后的记录", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("末件在账本位置 %d，%s 记账", f.last, moment(f.at))}
	}},
	{isRetold, "说明、元数据和检测报告与记录所载一致", func(f *finding) answer {
		if f.receiver == nil {
			return answer{evidence: "由记录算出", not: "随本包一同做成，由收到者重做一遍再比"}
		}
		return answer{evidence: "由记录重做，逐字节比对"}
	}},
	{isAsked, "取证请求所说的时间、时点和读出的个人信息，能与记录核对的都相符", func(f *finding) answer {
		a := answer{evidence: fmt.Sprintf("截至账本位置 %d，有回执为证；取证时间在其后，环节的期限算到 %s", f.At, f.AsOf)}
		if n := len(f.Revealed); n > 0 {
			a.evidence += fmt.Sprintf("；读出的个人信息 %d 处都有密文在记录里，文字由取证人所写，未经证明", n)
		}
		return a
	}},
	{isContinuous, "整条取出的记录流版次自 1 起连续，无缺号", func(f *finding) answer {
		a := answer{evidence: fmt.Sprintf("%d 条记录流", len(f.Streams))}
		if len(f.Streams) == 0 {
			a.not = "没有整条取出的记录流"
		}
		return a
	}},
	{isAllThere, "所选的记录都在，没有多出的；每件有信封、内容、回执", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("%d 件，其中逐件选取 %d 件", f.records, len(f.Records))}
	}},
	{hasMetadata, "必备元数据齐全", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("%d 件，各查编号、记录流、类型、两个时间、经办人、命令、内容指纹", f.records)}
	}},
	{hasFiles, "所依据的附件都在，大小和两种指纹与交存时相同", func(f *finding) answer {
		noted := len(f.noted)
		a := answer{evidence: fmt.Sprintf("附件 %d 个，依法或因误交撤下而不出包 %d 个，各有撤下的记录；取证人无权查看而不在包内 %d 个", len(f.deposits), len(f.Withheld)-noted, noted)}
		switch {
		case len(f.deposits) == 0:
			a.not = "这些记录没有附件"
		case noted > 0:
			a.not = fmt.Sprintf("有 %d 个附件不在包内，没有核对", noted)
		}
		return a
	}},
	{isWholeProcess, "办理过程完整：目标、批复、监控、自评、反馈、整改，该办的都有记录", (*finding).course},
	{isReadable, "每件的信封和内容都能按其类型解读", (*finding).each},
	{isOpenable, "附件的格式在许可之列，与名称相符，能打开", (*finding).eachFile},
	{isUTF8, "文字为 UTF-8", (*finding).each},
	{isInClear, "没有加密（个人信息除外）", func(f *finding) answer {
		if f.protected == 0 {
			return answer{evidence: fmt.Sprintf("%d 件记录、%d 个附件都不加密", f.records, f.attached)}
		}
		return answer{evidence: fmt.Sprintf("个人信息 %d 处、涉及 %d 件，依个人信息保护法加密保存，不影响指纹和证明；其余不加密", f.protected, f.withProtected)}
	}},
	{isListed, "包内文件与清单逐件相符，没有增减改动", func(f *finding) answer {
		if f.receiver == nil {
			return answer{evidence: "清单随包做成，载每个文件的大小、SHA-256、SM3", not: "由收到者核对"}
		}
		return answer{evidence: fmt.Sprintf("清单 %d 个文件，逐件重算", f.receiver.files)}
	}},
	{isInert, "没有打开时会动作的内容", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("%d 件记录都是不能执行的 JSON 文字，附件 %d 个逐个打开", f.records, f.attached)}
	}},
	{isPackage, "压缩包的每一个字节都如出具时", func(f *finding) answer {
		if f.receiver == nil {
			return answer{evidence: "不压缩、次序和时间固定", not: "由收到者核对"}
		}
		return answer{evidence: fmt.Sprintf("按规则重装一遍，%d 字节逐字节比对", f.receiver.size)}
	}},
	{isUninfected, "病毒查杀和存储介质检查", func(*finding) answer {
		return answer{evidence: "附件收存时可接查毒程序", not: "不在本程序所能检查之内，由收存单位办理"}
	}},
}

func (f *finding) each() answer {
	return answer{evidence: fmt.Sprintf("%d 件，逐件比对", f.records)}
}

func (f *finding) eachFile() answer {
	a := answer{evidence: fmt.Sprintf("附件 %d 个，逐个打开", f.attached)}
	if f.attached == 0 {
		a.not = "没有附件"
	}
	return a
}

func (f *finding) course() answer {
	switch {
	case f.process == nil:
		return answer{evidence: f.Title(), not: "所取不是一个项目的全过程"}
	case f.process.attested:
		return answer{evidence: "项目取自公开表", not: "办理过程不在本账本"}
	}
	counts := map[State]int{}
	for _, step := range f.process.steps(f.AsOf) {
		counts[step.State]++
	}
	return answer{evidence: fmt.Sprintf("至 %s：已办 %d 步，缺 %d 步，未到期 %d 步", f.AsOf, counts[Done], counts[Missing], counts[NotDue])}
}

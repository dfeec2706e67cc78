package spill

import "github.com/driftdb/driftdb/internal/sql/exec/mem"

// Space is the memory and the disk that one execution, or one operator of it, may
// use. It is not changed after it was made and may be shared by goroutines. A nil
// Space has no limits and no disk.
type Space struct {
	Account *mem.Account
	Work    int64    // bytes a sort or a kept result may hold (work_mem); 0: no limit
	Hash    int64    // bytes a hash table may hold (work_mem * hash_mem_multiplier); 0: no limit
	Files   *Session // nil: nothing can be spilled
	// Check returns the error that ends a cancelled statement; nil never does.
	Check func() error
}

// Interrupted returns the error that ends a cancelled statement.
func (s *Space) Interrupted() error {
	if s == nil || s.Check == nil {
		return nil
	}
	return s.Check()
}

// Child returns the space of one operator, with an account of its own whose Close
// gives back what the operator holds.
func (s *Space) Child() *Space {
	if s == nil {
		return nil
	}
	c := *s
	if s.Account != nil {
		c.Account = s.Account.Child()
	}
	return &c
}

// Memory returns the account, which may be nil.
func (s *Space) Memory() *mem.Account {
	if s == nil {
		return nil
	}
	return s.Account
}

// minHeld is what an operator may hold however tight memory is: below it spilling
// would only make many tiny blocks.
const minHeld = 32 << 10

// Full reports whether who holds that many bytes of a sort or a kept result should
// spill them.
func (s *Space) Full(held int64) bool {
	return s != nil && s.Files != nil && (s.Work > 0 && held > s.Work || held > minHeld && s.Account.Tight())
}

// HashFull is Full for a hash table.
func (s *Space) HashFull(held int64) bool {
	return s != nil && s.Files != nil && (s.Hash > 0 && held > s.Hash || held > minHeld && s.Account.Tight())
}

// BlockBytes returns how large the blocks should be when ways of them are in
// memory at one time beside what else is held.
func (s *Space) BlockBytes(ways int) int64 {
	const least, most = 8 << 10, 64 << 10
	if s.Work == 0 {
		return most
	}
	return min(max(s.Work/int64(ways), least), most)
}

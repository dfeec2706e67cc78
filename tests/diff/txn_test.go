package diff

import "fmt"

func (g *gen) begin() *statement {
	text := pick(g, []string{"BEGIN", "BEGIN", "BEGIN WORK", "START TRANSACTION", "BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN READ WRITE", "BEGIN TRANSACTION READ ONLY"})
	if text == "BEGIN TRANSACTION READ ONLY" && !g.chance(30) {
		text = "BEGIN"
	}
	return &statement{kind: "txn/begin", sql: text, effect: func() {
		g.block, g.failed, g.saved, g.savedAt = true, false, g.w.clone(), nil
	}}
}

func (g *gen) savepoint() *statement {
	name := fmt.Sprintf("s%d", g.Intn(3))
	switch n := g.Intn(10); {
	case n < 5 || len(g.savedAt) == 0 && n < 9:
		return &statement{kind: "txn/savepoint", sql: "SAVEPOINT " + name, effect: func() {
			g.savedAt = append(g.savedAt, savepoint{name, g.w.clone()})
		}}
	case n < 8:
		return g.rollbackTo()
	default:
		return &statement{kind: "txn/release", sql: "RELEASE " + pick(g, []string{"", "SAVEPOINT "}) + name, effect: func() {
			if i := g.lastSavepoint(name); i >= 0 {
				g.savedAt = g.savedAt[:i]
			}
		}}
	}
}

func (g *gen) lastSavepoint(name string) int {
	for i := len(g.savedAt) - 1; i >= 0; i-- {
		if g.savedAt[i].name == name {
			return i
		}
	}
	return -1
}

func (g *gen) rollbackTo() *statement {
	name := fmt.Sprintf("s%d", g.Intn(3))
	if len(g.savedAt) > 0 && g.chance(80) {
		name = pick(g, g.savedAt).name
	}
	return &statement{kind: "txn/rollback to", sql: "ROLLBACK TO " + pick(g, []string{"", "SAVEPOINT "}) + name, effect: func() {
		if i := g.lastSavepoint(name); i >= 0 {
			g.w, g.savedAt, g.failed = g.savedAt[i].w.clone(), g.savedAt[:i+1], false
		}
	}}
}

func (g *gen) endBlock() *statement {
	end := func() { g.block, g.failed, g.saved, g.savedAt = false, false, nil, nil }
	if g.chance(65) {
		failed := g.failed
		return &statement{kind: "txn/commit", sql: pick(g, []string{"COMMIT", "END", "COMMIT WORK"}), writes: true, effect: func() {
			if failed {
				g.w = g.saved
			}
			end()
		}, failure: func() { g.w = g.saved; end() }}
	}
	return &statement{kind: "txn/rollback", sql: pick(g, []string{"ROLLBACK", "ABORT", "ROLLBACK TRANSACTION"}), effect: func() { g.w = g.saved; end() }}
}

func (g *gen) cursor() *statement {
	if g.chance(40) {
		q := g.query(1, nil)
		return &statement{kind: "cursor/declare", sql: fmt.Sprintf("DECLARE c%d CURSOR FOR SELECT * FROM (%s) q ORDER BY %s", g.Intn(2), q.sql, q.orderText("q"))}
	}
	how := pick(g, []string{"FETCH 2 FROM", "FETCH NEXT FROM", "FETCH ALL FROM", "FETCH FORWARD 3 IN", "MOVE 1 IN", "CLOSE"})
	return &statement{kind: "cursor/fetch", sql: fmt.Sprintf("%s c%d", how, g.Intn(2)), ordered: true}
}

package pgwire

// names keeps what the connection must know of its statements and portals for
// the log, and saves allocating a statement's name for each Bind.
type names struct {
	last       string // the last statement's name as a string
	statements map[string]string
	unnamed    string // SQL of the unnamed statement
	portals    map[string]string
	portal     string // SQL of the unnamed portal
}

// intern returns b as a string, without allocating when it is the last name.
func (n *names) intern(b []byte) string {
	if n.last != string(b) {
		n.last = string(b)
	}
	return n.last
}

func (n *names) statement(name string) string {
	if name == "" {
		return n.unnamed
	}
	return n.statements[name]
}

func (n *names) parsed(name, sql string) {
	if name == "" {
		n.unnamed = sql
		return
	}
	if n.statements == nil {
		n.statements = map[string]string{}
	}
	n.statements[name] = sql
}

func (n *names) bound(portal, statement string) {
	sql := n.statement(statement)
	if portal == "" {
		n.portal = sql
		return
	}
	if n.portals == nil {
		n.portals = map[string]string{}
	}
	n.portals[portal] = sql
}

func (n *names) portalSQL(portal string) string {
	if portal == "" {
		return n.portal
	}
	return n.portals[portal]
}

// failure is an error of an extended message and the statement it belongs to.
type failure struct {
	err error
	sql string
}

// extended ends the handling of one message of the extended protocol: after an
// error the client's messages are skipped up to Sync (I6).
func (c *conn) extended(f failure) error {
	if f.err == nil {
		return c.out.broken
	}
	c.skipping = true
	return c.answer(f.err, f.sql)
}

func failed(err error) failure { return failure{err: err} }

func (c *conn) parse(body []byte) failure {
	m, fault := decodeParse(body)
	if fault != nil {
		return failed(fault)
	}
	name, sql := string(m.name), string(m.sql)
	if err := c.session.Parse(c.ctx, name, sql, m.params, &c.out); err != nil {
		return failure{err, sql}
	}
	c.names.parsed(name, sql)
	return failed(c.out.empty('1'))
}

func (c *conn) bindPortal(body []byte) failure {
	m := &c.bind
	fault := m.decode(body)
	portal, statement := string(m.portal), c.names.intern(m.statement)
	if fault != nil {
		return failure{c.bindFault(m, statement, fault), c.names.statement(statement)}
	}
	err := c.session.Bind(c.ctx, portal, statement, m.params, m.paramFormats, m.resultFormats, &c.out)
	clear(m.params) // do not keep the message alive
	if cap(m.params) > 1024 {
		m.params = nil
	}
	if err != nil {
		return failure{err, c.names.statement(statement)}
	}
	c.names.bound(portal, statement)
	return failed(c.out.empty('2'))
}

// bindFault puts the faults of a Bind in PostgreSQL's order: an unknown statement
// and a wrong number of parameters come before parameters that cannot be read.
func (c *conn) bindFault(m *bindMessage, statement string, fault error) error {
	if !m.named {
		return fault
	}
	st, err := c.session.DescribeStatement(c.ctx, statement)
	if err != nil {
		return err
	}
	if m.count >= 0 && m.count != len(st.Params) {
		return protocolViolation("bind message supplies %d parameters, but prepared statement \"%s\" requires %d", m.count, statement, len(st.Params))
	}
	return fault
}

func (c *conn) describe(body []byte) failure {
	r := reader{b: body}
	kind, name := r.byte(), string(r.cstring())
	if fault := r.end(); fault != nil {
		return failed(fault)
	}
	switch kind {
	case 'S':
		st, err := c.session.DescribeStatement(c.ctx, name)
		if err != nil {
			return failure{err, c.names.statement(name)}
		}
		at := c.out.begin('t')
		c.out.int16(len(st.Params))
		for _, oid := range st.Params {
			c.out.int32(int(oid))
		}
		if err := c.out.finish(at); err != nil {
			return failed(err)
		}
		if st.Columns == nil {
			return failed(c.out.empty('n'))
		}
		return failed(c.out.rowDescription(st.Columns))
	case 'P':
		columns, err := c.session.DescribePortal(c.ctx, name)
		if err != nil {
			return failure{err, c.names.portalSQL(name)}
		}
		if columns == nil {
			return failed(c.out.empty('n'))
		}
		return failed(c.out.rowDescription(columns))
	}
	return failed(protocolViolation("invalid DESCRIBE message subtype %d", kind))
}

func (c *conn) execute(body []byte) failure {
	r := reader{b: body}
	portal, limit := string(r.cstring()), r.int32()
	if fault := r.end(); fault != nil {
		return failed(fault)
	}
	c.readSettings()
	sql := c.names.portalSQL(portal)
	began, phase, logged := c.since.Load(), "", false
	if c.statements.Active() {
		phase = "execute <unnamed>"
		if portal != "" {
			phase = "execute " + portal
		}
		logged = c.statements.Before(c.log, phase, sql)
	}
	err := c.session.Execute(c.ctx, portal, int(max(limit, 0)), &c.out)
	c.took(began, phase, sql, logged)
	return failure{err, sql}
}

func (c *conn) closeNamed(body []byte) failure {
	r := reader{b: body}
	kind, name := r.byte(), string(r.cstring())
	if fault := r.end(); fault != nil {
		return failed(fault)
	}
	switch kind {
	case 'S':
		c.session.CloseStatement(name)
		delete(c.names.statements, name)
	case 'P':
		c.session.ClosePortal(name)
		delete(c.names.portals, name)
	default:
		return failed(protocolViolation("invalid CLOSE message subtype %d", kind))
	}
	return failed(c.out.empty('3'))
}

// sync handles Sync.
func (c *conn) sync(body []byte) error {
	c.skipping = false
	if len(body) != 0 {
		if err := c.answer(protocolViolation("invalid message format"), ""); err != nil {
			return err
		}
	}
	if err := c.session.Sync(c.ctx, c.failed, &c.out); err != nil {
		if err := c.answer(err, ""); err != nil {
			return err
		}
	}
	if c.session.TxStatus() == 'I' { // portals ended with their transaction
		c.names.portals = nil
	}
	return c.readyForQuery()
}

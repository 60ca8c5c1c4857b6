//! Following the paths of an expression: from where each one starts, and what is done with its end.

use super::{Kind, LiteralKind, Node, Nodes, Operator};

/// Learns what an expression does with properties.
///
/// A [`Place`](Self::Place) is where a path has come to; a lambda variable stands where the collection
/// does whose item it is.
pub(crate) trait Follower<'a> {
    type Place: Clone;
    type Error;

    /// Goes along names, annotations, type casts, or the one name of a key predicate.
    fn step(&mut self, run: Run<'_, 'a, Self::Place>) -> Result<Self::Place, Self::Error>;

    /// Where `$root` and the results of calls are.
    fn elsewhere(&mut self, node: Node<'a>) -> Result<Self::Place, Self::Error>;

    /// Where the value of a parameter alias is, or nothing if there is no such alias. `plain` says
    /// that nothing stands around it that another meaning could come from.
    fn alias(
        &mut self,
        node: Node<'a>,
        name: &'a str,
        plain: bool,
    ) -> Result<Option<Self::Place>, Self::Error>;

    /// All that is at a place is looked at; of `$it` and `$this` all that there is.
    fn whole(&mut self, place: &Self::Place, of: Node<'a>, all: bool) -> Result<(), Self::Error> {
        let _ = (place, of, all);
        Ok(())
    }

    /// Whether there is something at a place, and how much, is looked at.
    fn presence(&mut self, place: &Self::Place, of: Node<'a>) -> Result<(), Self::Error> {
        let _ = (place, of);
        Ok(())
    }

    /// The items at a place are searched.
    fn search(&mut self, place: &Self::Place, node: Node<'a>) -> Result<(), Self::Error> {
        let _ = (place, node);
        Ok(())
    }

    /// Sees every node but the steps of paths.
    fn node(&mut self, node: Node<'a>) -> Result<(), Self::Error> {
        let _ = node;
        Ok(())
    }
}

/// Segments that lead from one place to another.
pub(crate) struct Run<'w, 'a, P> {
    pub(crate) from: &'w P,
    pub(crate) segments: &'w [Node<'a>],
    /// What could be meant instead by the first segment of the run, where it is the first of its path.
    pub(crate) head: Option<Head<'w, 'a, P>>,
}

/// What surrounds a name that stands for itself.
pub(crate) struct Head<'w, 'a, P> {
    scopes: &'w [Scope<'a, P>],
    env: Env,
}

impl<P> Run<'_, '_, P> {
    /// Whether the path starts with a name that may be taken for that of a lambda variable.
    pub(crate) fn is_like_variable(&self) -> bool {
        match (&self.head, self.segments.first().map(|first| first.kind())) {
            (Some(head), Some(Kind::Name(name))) => head.is_like_variable(name),
            _ => false,
        }
    }
}

impl<P> Head<'_, '_, P> {
    /// Whether a lambda variable has the name, or would have it if case were ignored.
    pub(crate) fn is_like_variable(&self, name: &str) -> bool {
        let is_like = |known: &str| known.eq_ignore_ascii_case(name);
        variable(self.scopes, self.env, is_like).is_some()
    }

    /// Whether names are properties of what a nested `$filter` is about.
    pub(crate) fn is_nested(&self) -> bool {
        self.env.this != 0
    }
}

/// A lambda variable, or what unprefixed names are properties of, and what is in scope around it.
struct Scope<'a, P> {
    name: &'a str,
    place: P,
    outer: usize,
}

/// What names mean: positions of scopes. The first scope has no variable, and itself around it.
#[derive(Clone, Copy)]
struct Env {
    this: usize,
    variables: usize,
}

struct Task<'a> {
    node: Node<'a>,
    env: Env,
    /// Whether it is only compared with null.
    presence: bool,
}

struct Walk<'f, 'a, F: Follower<'a>> {
    follower: &'f mut F,
    record: F::Place,
    scopes: Vec<Scope<'a, F::Place>>,
    work: Vec<Task<'a>>,
}

impl<'a> Node<'a> {
    /// Follows all paths of the expression. `this` is where unprefixed names start, `record` is `$it`.
    ///
    /// The walk keeps its own work list, so any nesting is safe.
    pub(crate) fn follow<F: Follower<'a>>(
        self,
        this: F::Place,
        record: F::Place,
        follower: &mut F,
    ) -> Result<(), F::Error> {
        let env = Env { this: 0, variables: 0 };
        let scopes = vec![Scope { name: "", place: this, outer: 0 }];
        let work = vec![Task { node: self, env, presence: false }];
        let mut walk = Walk { follower, record, scopes, work };
        while let Some(task) = walk.work.pop() {
            let first = walk.work.len();
            walk.visit(&task)?;
            if let Some(added) = walk.work.get_mut(first..) {
                added.reverse();
            }
        }
        Ok(())
    }
}

impl<'a, F: Follower<'a>> Walk<'_, 'a, F> {
    fn visit(&mut self, task: &Task<'a>) -> Result<(), F::Error> {
        let Task { node, env, .. } = *task;
        match node.kind() {
            Kind::Path(segments) => {
                let segments: Vec<Node<'a>> = segments.iter().collect();
                self.path(task, &segments)
            }
            Kind::Cast(None, _)
            | Kind::It
            | Kind::This
            | Kind::Root
            | Kind::Alias(_)
            | Kind::Name(_)
            | Kind::TypeCast(_)
            | Kind::Annotation(_)
            | Kind::Key(_)
            | Kind::Count(_)
            | Kind::Filter(_)
            | Kind::Any(_)
            | Kind::All(..) => self.path(task, &[node]),
            Kind::Search(_) => {
                let place = self.place(env.this);
                self.follower.search(&place, node)
            }
            Kind::Binary(Operator::Eq | Operator::Ne, left, right) => {
                self.follower.node(node)?;
                self.push(left, env, is_null(right));
                self.push(right, env, is_null(left));
                Ok(())
            }
            _ => {
                self.follower.node(node)?;
                node.for_each_child(|child| self.push(child, env, false));
                Ok(())
            }
        }
    }

    fn push(&mut self, node: Node<'a>, env: Env, presence: bool) {
        self.work.push(Task { node, env, presence });
    }

    fn place(&self, scope: usize) -> F::Place {
        self.scopes.get(scope).map_or_else(|| self.record.clone(), |scope| scope.place.clone())
    }

    fn path(&mut self, task: &Task<'a>, segments: &[Node<'a>]) -> Result<(), F::Error> {
        let env = task.env;
        let Some((first, mut rest)) = segments.split_first() else {
            return Ok(());
        };
        // Whether it is still the whole instance that the path started from.
        let (mut place, mut all) = match first.kind() {
            Kind::It => (self.record.clone(), true),
            Kind::This => (self.place(env.this), true),
            Kind::Root => (self.follower.elsewhere(*first)?, false),
            Kind::Cast(None, _) => {
                self.follower.node(*first)?;
                (self.place(env.this), true)
            }
            Kind::Call(..) | Kind::Case(_) | Kind::Cast(..) | Kind::IsOf(..) => {
                self.push(*first, env, false);
                (self.follower.elsewhere(*first)?, false)
            }
            Kind::Alias(name) => {
                let plain = env.this == 0 && env.variables == 0;
                match self.follower.alias(*first, name, plain)? {
                    Some(place) => (place, false),
                    None => self.start(env, segments, &mut rest)?,
                }
            }
            Kind::Name(name) => match variable(&self.scopes, env, |known| known == name) {
                Some(place) => (place.clone(), false),
                None => self.start(env, segments, &mut rest)?,
            },
            _ => self.start(env, segments, &mut rest)?,
        };
        while let Some((segment, after)) = rest.split_first() {
            let (steps, behind) = steps(rest);
            if !steps.is_empty() {
                place = self.follower.step(Run { from: &place, segments: steps, head: None })?;
                all &= !names_something(steps);
                rest = behind;
                continue;
            }
            rest = after;
            self.follower.node(*segment)?;
            match segment.kind() {
                Kind::Count(options) => {
                    self.follower.presence(&place, *segment)?;
                    return self.count(options, place, env);
                }
                Kind::Filter(predicate) => self.nested(predicate, place.clone(), env),
                Kind::Any(None) => return self.follower.presence(&place, *segment),
                Kind::Any(Some((name, predicate))) | Kind::All(name, predicate) => {
                    self.follower.presence(&place, *segment)?;
                    let variables = self.scopes.len();
                    self.scopes.push(Scope { name, place, outer: env.variables });
                    self.push(predicate, Env { variables, ..env }, false);
                    return Ok(());
                }
                Kind::Key(arguments) => self.key(arguments, &place, env)?,
                _ => {
                    self.follower.whole(&place, *segment, all)?;
                    segment.for_each_child(|child| self.push(child, env, false));
                    place = self.follower.elsewhere(*segment)?;
                    all = false;
                }
            }
        }
        if task.presence {
            return self.follower.presence(&place, task.node);
        }
        self.follower.whole(&place, task.node, all)
    }

    /// The steps that a path without prefix begins with.
    fn start<'s>(
        &mut self,
        env: Env,
        segments: &'s [Node<'a>],
        rest: &mut &'s [Node<'a>],
    ) -> Result<(F::Place, bool), F::Error> {
        let (steps, behind) = steps(segments);
        *rest = behind;
        let this = self.place(env.this);
        if steps.is_empty() {
            return Ok((this, true));
        }
        let head = Some(Head { scopes: &self.scopes, env });
        let place = self.follower.step(Run { from: &this, segments: steps, head })?;
        Ok((place, !names_something(steps)))
    }

    fn count(&mut self, options: Nodes<'a>, place: F::Place, env: Env) -> Result<(), F::Error> {
        for option in options.iter() {
            self.follower.node(option)?;
            match option.kind() {
                Kind::Filter(predicate) => self.nested(predicate, place.clone(), env),
                Kind::Search(_) => self.follower.search(&place, option)?,
                _ => self.push(option, env, false),
            }
        }
        Ok(())
    }

    /// The predicate of a nested filter, whose unprefixed names are properties of the items.
    fn nested(&mut self, predicate: Node<'a>, place: F::Place, env: Env) {
        let this = self.scopes.len();
        self.scopes.push(Scope { name: "", place, outer: env.variables });
        self.push(predicate, Env { this, ..env }, false);
    }

    fn key(&mut self, arguments: Nodes<'a>, place: &F::Place, env: Env) -> Result<(), F::Error> {
        for argument in arguments.iter() {
            if let Kind::Argument(_, value) = argument.kind() {
                let run = Run { from: place, segments: &[argument], head: None };
                let named = self.follower.step(run)?;
                self.follower.whole(&named, argument, false)?;
                self.push(value, env, false);
            } else {
                // It is about a property all the same, and the query does not say which.
                self.follower.whole(place, argument, true)?;
                self.push(argument, env, false);
            }
        }
        Ok(())
    }
}

/// The steps at the start of segments, and what follows them.
fn steps<'s, 'a>(segments: &'s [Node<'a>]) -> (&'s [Node<'a>], &'s [Node<'a>]) {
    let is_step = |segment: &&Node<'a>| {
        matches!(
            segment.kind(),
            Kind::Name(_) | Kind::Annotation(_) | Kind::Alias(_) | Kind::TypeCast(_)
        )
    };
    let end = segments.iter().take_while(is_step).count();
    segments.split_at_checked(end).unwrap_or_default()
}

fn names_something(steps: &[Node<'_>]) -> bool {
    steps.iter().any(|step| !matches!(step.kind(), Kind::TypeCast(_)))
}

/// Where the innermost lambda variable stands that has such a name.
fn variable<'w, P>(
    scopes: &'w [Scope<'_, P>],
    env: Env,
    is_name: impl Fn(&str) -> bool,
) -> Option<&'w P> {
    let mut at = env.variables;
    while at > 0 {
        let scope = scopes.get(at)?;
        if is_name(scope.name) {
            return Some(&scope.place);
        }
        at = scope.outer;
    }
    None
}

fn is_null(node: Node<'_>) -> bool {
    matches!(node.kind(), Kind::Literal(LiteralKind::Null, _))
}

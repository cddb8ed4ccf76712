using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using ILGPU;

namespace NanoAttention.Kernels.Gpu
{
    /// <summary>Leave for ILGPU, which writes the code that launches kernels into an assembly of its own, to name types that are not public: most formulas are private to their op.</summary>
    public sealed class Leave(Context context)
    {
        static readonly ConstructorInfo attribute = typeof(IgnoresAccessChecksToAttribute).GetConstructor([typeof(string)])!;

        readonly HashSet<Assembly> given = [];

        /// <summary>Lets the context's kernels be generic over a formula, and over the formulas that it is made of.</summary>
        public void To(Type formula)
        {
            foreach (var part in formula.GetGenericArguments()) To(part);
            if (!given.Add(formula.Assembly)) return;
            using var _ = context.RuntimeSystem.DefineRuntimeStruct(out var type);
            ((AssemblyBuilder)type.Assembly).SetCustomAttribute(new CustomAttributeBuilder(attribute, [formula.Assembly.GetName().Name]));
        }
    }
}

namespace System.Runtime.CompilerServices
{
    /// <summary>Known to the runtime by its name.</summary>
    [AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
    sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
    {
        public string AssemblyName => assemblyName;
    }
}
